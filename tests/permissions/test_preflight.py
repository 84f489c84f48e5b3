"""What a plan says of permissions, before anything is changed."""

from __future__ import annotations

import json

import pytest

from sopctl.permissions import questions
from sopctl.permissions.scope import Scope
from sopctl.sandbox.aws.faults import FaultRule
from tests.permissions.field import Course

NAME = "scale-down-freeze"
TAGS = "autoscaling:CreateOrUpdateTags"


def plan(field, known, tmp_path, without="nothing", fault=None):
    """The plan of somebody whose role lacks what begins with *without*."""
    needs = [n for n in field.needs(NAME, known) if not str(n.right).startswith(without)]
    return field.plan(NAME, Course(), needs, tmp_path, fault)


def verdicts(said):
    found = json.loads(said.out)["plan"]["permissions"]
    return {each["right"]: each for each in found}


def test_all_is_allowed_and_the_plan_keeps_quiet(field, known, tmp_path):
    found = verdicts(plan(field, known, tmp_path))
    assert {each["verdict"] for each in found.values()} == {"allowed"}


@pytest.mark.parametrize("gone", [TAGS, "k8s:patch nodes"])
def test_what_is_denied_is_known_before_anything_is_changed(field, known, tmp_path, gone):
    found = verdicts(plan(field, known, tmp_path, gone))
    denied = {right for right, each in found.items() if each["verdict"] == "denied"}
    assert denied
    assert all(right.startswith(gone) for right in denied)
    steps = {step for right in denied for step in found[right]["steps"]}
    assert steps == ({"freeze-groups"} if gone == TAGS else {"freeze-nodes"})


def test_where_iam_may_not_be_asked_nothing_is_known_and_nothing_blocked(field, known, tmp_path):
    said = plan(field, known, tmp_path, "iam:")
    found = verdicts(said)
    unknown = {right for right, each in found.items() if each["verdict"] == "unknown"}
    assert said.code == 0
    assert TAGS + " sopctl/*" in unknown
    assert not any(right.startswith("k8s:") for right in unknown)


def test_nobody_waits_for_an_iam_that_does_not_answer(field, known, tmp_path):
    """Asked once, never again: a dead connection is an answer."""
    dead = FaultRule(service="iam", kind="dead")
    said = plan(field, known, tmp_path, fault=dead)
    assert said.code == 0
    assert verdicts(said)[TAGS + " sopctl/*"]["verdict"] == "unknown"
    asked = [c.operation for c in field.stage.household.aws.calls if c.service == "iam"]
    alike = list(questions.simulations(field.needs(NAME, known), Scope(), None))
    assert asked.count("GetRole") == 1
    assert asked.count("SimulatePrincipalPolicy") == len(alike)


def test_the_plan_of_a_roll_back_asks_for_its_own_steps(field, known, tmp_path):
    """Of what the runbook needs, the steps that are restored: by the names in that plan."""
    needs = field.needs(NAME, known)
    said = field.back(NAME, Course(), needs, tmp_path)
    found = verdicts(said)
    assert {each["verdict"] for each in found.values()} == {"allowed"}
    assert found["k8s:patch nodes"]["steps"] == [
        "restore:freeze-nodes:canary",
        "restore:freeze-nodes",
    ]
