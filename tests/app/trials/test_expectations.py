"""What was expected, compared with what came of it; each comparison can fail."""

from __future__ import annotations

import pytest

from sopctl.app.trials import expectations
from sopctl.core.plan import Fidelity, Plan, PlannedChange, PlannedStep
from sopctl.core.resource import ResourceId
from sopctl.core.runbook import StepKind
from sopctl.engine.state import Outcome, RunEnd, RunState, Work
from sopctl.runbook.trials.model import ExpectShape, PlanShape, StateShape

CHANGE = PlannedChange(resource=ResourceId("node", "n1"), before=None, after=None)
STEP = PlannedStep(id="cordon", kind=StepKind.ACTION, uses="x", changes=(CHANGE,), notes=("one",))
PLAN = Plan(
    runbook="r", title="", digest="", params={}, target={}, steps=(STEP,), warnings=("AWS is dead",)
)
NODE = {"metadata": {"name": "n1", "labels": {"zone": "a"}}, "spec": {"unschedulable": True}}
DUMP = {
    "aws": {"od-a": {"max": 4, "tags": {"k/x": ["v", True]}}},
    "kubernetes": {"nodes": {"/n1": NODE}},
}


def whats(found):
    return [each.what for each in found]


def state():
    work = Work(key="cordon", plan=STEP, outcome=Outcome.APPLIED)
    return RunState(run="r", plan=PLAN, works=[work], end=RunEnd.DONE)


def test_what_is_as_expected_has_no_difference():
    expect = ExpectShape(outcome="done", steps={"cordon": "applied"}, says=("hello",))
    assert whats(expectations.ended(expect, 0, "oh hello", state())) == []
    plan = PlanShape.model_validate(
        {
            "changes": 1,
            "warnings": ["dead"],
            "steps": {
                "cordon": {
                    "changes": 1,
                    "fidelity": "exact",
                    "skipped": False,
                    "resources": ["n*"],
                    "notes": ["one"],
                }
            },
        }
    )
    assert whats(expectations.planned(plan, PLAN)) == []
    assert STEP.fidelity is Fidelity.EXACT


@pytest.mark.parametrize(
    ("expect", "what"),
    [
        ({"exit": 4}, "the exit code"),
        ({"says": ["bye"]}, "what it says"),
        ({"outcome": "parked"}, "the outcome"),
        ({"steps": {"cordon": "failed"}}, "step cordon"),
        ({"steps": {"none": "failed"}}, "step none"),
    ],
)
def test_another_end_is_a_difference(expect, what):
    shape = ExpectShape.model_validate(expect)
    assert whats(expectations.ended(shape, 0, "hello", state())) == [what]


@pytest.mark.parametrize(
    "plan",
    [
        {"changes": 2},
        {"warnings": []},
        {"warnings": ["other"]},
        {"steps": {"none": {}}},
        {"steps": {"cordon": {"changes": 0}}},
        {"steps": {"cordon": {"fidelity": "opaque"}}},
        {"steps": {"cordon": {"skipped": True}}},
        {"steps": {"cordon": {"resources": []}}},
        {"steps": {"cordon": {"resources": ["n1", "n2"]}}},
        {"steps": {"cordon": {"notes": ["two"]}}},
    ],
)
def test_another_plan_is_a_difference(plan):
    assert whats(expectations.planned(PlanShape.model_validate(plan), PLAN))


@pytest.mark.parametrize(
    ("given", "good"),
    [
        ({"objects": "nodes", "path": "spec.unschedulable", "equals": True}, True),
        ({"objects": "nodes", "path": "spec.unschedulable", "equals": False}, False),
        ({"objects": "nodes", "path": "spec.none", "equals": True}, False),
        ({"objects": "nodes", "path": "spec.none", "absent": True}, True),
        ({"objects": "nodes", "path": "spec.unschedulable", "absent": True}, False),
        ({"objects": "nodes", "path": "metadata.labels", "contains": "zone"}, True),
        ({"objects": "nodes", "path": "metadata.labels", "contains": "room"}, False),
        ({"objects": "nodes", "labels": {"zone": "a"}, "count": 1}, True),
        ({"objects": "nodes", "labels": {"zone": "b"}, "count": 1}, False),
        ({"objects": "nodes", "labels": {"zone": "b"}, "count": 0}, True),
        ({"objects": "nodes", "name": "m*", "path": "spec", "absent": False}, False),
        ({"groups": "od-*", "path": "tags[k/x][0]", "equals": "v"}, True),
        ({"groups": "od-*", "path": "tags[k/x]", "absent": True}, False),
    ],
)
def test_the_world_is_asked(given, good):
    found = whats(expectations.stands([StateShape.model_validate(given)], DUMP))
    assert (found == []) is good


def test_without_a_plan_one_that_is_expected_is_missed():
    assert whats(expectations.planned(PlanShape(changes=1), None)) == ["the plan"]
    assert whats(expectations.planned(PlanShape(), None)) == []
