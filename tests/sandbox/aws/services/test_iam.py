from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.aws.access_keys import allow, user
from tests.sandbox.aws.groups import refused


@pytest.fixture
def iam(front: Any, clients: Callable[[str], Any]) -> Any:
    return clients("iam")


def decisions(iam: Any, arn: str, **more: Any) -> dict[str, str]:
    actions = ["autoscaling:DeleteTags", "autoscaling:SuspendProcesses"]
    found = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=actions, **more)
    return {
        each["EvalActionName"].split(":")[1]: each["EvalDecision"]
        for each in found["EvaluationResults"]
    }


def test_the_sandboxes_own_role_is_in_iam_and_may_do_everything(
    iam: Any, clients: Callable[[str], Any]
) -> None:
    session = clients("sts").get_caller_identity()["Arn"]
    name = session.split("/")[1]
    role = iam.get_role(RoleName=name)["Role"]
    assert role["Arn"] == f"arn:aws:iam::123456789012:role/{name}"
    assert clients("sts").get_caller_identity()["UserId"].startswith(role["RoleId"])
    assert set(decisions(iam, role["Arn"]).values()) == {"allowed"}
    assert refused(iam.simulate_principal_policy, PolicySourceArn=session, ActionNames=["a:b"])[
        :2
    ] == (400, "InvalidInput")


def test_a_simulation_decides_as_the_gate_does_and_names_what_it_was_not_told(iam: Any) -> None:
    condition = {"StringEquals": {"aws:ResourceTag/team": "web"}}
    user(iam, allow("autoscaling:DeleteTags", Condition=condition))
    arn = "arn:aws:iam::123456789012:user/ann"
    assert decisions(iam, arn) == {"DeleteTags": "implicitDeny", "SuspendProcesses": "implicitDeny"}
    result = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["autoscaling:DeleteTags"]
    )["EvaluationResults"][0]
    assert result["MissingContextValues"] == ["aws:ResourceTag/team"]
    entry = {
        "ContextKeyName": "aws:ResourceTag/team",
        "ContextKeyValues": ["web"],
        "ContextKeyType": "string",
    }
    assert decisions(iam, arn, ContextEntries=[entry])["DeleteTags"] == "allowed"


def test_policies_of_groups_and_attached_ones_count(iam: Any) -> None:
    user(iam, allow("autoscaling:DeleteTags"))
    iam.create_group(GroupName="ops")
    iam.add_user_to_group(GroupName="ops", UserName="ann")
    document = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
        '"Action":"autoscaling:SuspendProcesses","Resource":"*"}]}'
    )
    made = iam.create_policy(PolicyName="suspend", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="ops", PolicyArn=made)
    found = decisions(iam, "arn:aws:iam::123456789012:user/ann")
    assert set(found.values()) == {"allowed"}


def test_nobody_cannot_be_simulated(iam: Any) -> None:
    assert refused(
        iam.simulate_principal_policy,
        PolicySourceArn="arn:aws:iam::123456789012:role/nobody",
        ActionNames=["a:b"],
    )[:2] == (404, "NoSuchEntity")
