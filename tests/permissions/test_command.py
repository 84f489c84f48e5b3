"""`sopctl permissions`: the least that a runbook has to be allowed."""

from __future__ import annotations

import json

import pytest
import yaml

from sopctl.app.composition import App
from sopctl.app.settings import Settings
from sopctl.cli.trial_commands import invoke


@pytest.fixture
def shop(tmp_path):
    def say(*words):
        app = App(Settings(config=tmp_path / "config", state=tmp_path / "state"))
        try:
            return invoke(app, words)
        finally:
            app.close()

    return say


def test_text_names_the_steps(shop):
    shown = shop("permissions", "az-failure").out
    assert "autoscaling:SuspendProcesses" in shown
    assert "guard-groups" in shown


def test_the_iam_policy_is_of_the_cluster(shop):
    shown = shop("permissions", "az-failure", "--format", "iam", "--cluster", "prod").out
    held = [each["Condition"] for each in json.loads(shown)["Statement"] if "Condition" in each]
    key = "aws:ResourceTag/kubernetes.io/cluster/prod"
    assert held
    assert all(each["StringEquals"] == {key: "owned"} for each in held)


def test_the_roles_are_manifests_and_the_lock_is_of_the_target(shop):
    shown = shop("permissions", "az-failure", "--format", "rbac", "--target", "prod").out
    roles = [each for each in yaml.safe_load_all(shown) if each["kind"] == "Role"]
    names = [rule.get("resourceNames") for role in roles for rule in role["rules"]]
    assert ["sopctl-prod"] in names


def test_terraform_reads_json(shop):
    shown = shop("permissions", "prepare", "--format", "terraform").out
    assert "aws_iam_policy" in json.loads(shown)["resource"]


def test_a_tag_that_the_runbook_removes_is_refused(shop):
    tag = "k8s.io/cluster-autoscaler/enabled=true"
    result = shop("permissions", "az-failure", "--format", "iam", "--tag", tag)
    assert result.code == 2
    assert "way back would be denied" in result.err
