from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.front import AwsFront
from tests.sandbox.aws.access_keys import TRUST, allow, client, deny, policy, session, user
from tests.sandbox.aws.groups import ENABLED, described, refused, spec

Clients = Callable[[str], Any]
WEB = {"AutoScalingGroupName": "web", "ScalingProcesses": ["Launch"]}


@pytest.fixture
def iam(front: AwsFront, clients: Clients) -> Any:
    return clients("iam")


def test_a_key_that_iam_issued_may_do_what_its_policies_say(
    front: AwsFront, iam: Any, asg: Any, cloud: Cloud
) -> None:
    cloud.create_group(spec())
    keys = user(iam, allow("autoscaling:Describe*"))
    mine = client(front.url, "autoscaling", keys)
    assert len(mine.describe_auto_scaling_groups()["AutoScalingGroups"]) == 1
    status, code, message = refused(mine.suspend_processes, **WEB)
    assert (status, code) == (403, "AccessDenied")
    assert message == (
        "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: "
        f"autoscaling:SuspendProcesses on resource: {described(asg)['AutoScalingGroupARN']} "
        "because no identity-based policy allows the autoscaling:SuspendProcesses action"
    )
    assert described(asg)["SuspendedProcesses"] == []
    assert client(front.url, "sts", keys).get_caller_identity()["Arn"].endswith(":user/ann")


def test_a_deny_is_said_to_be_one_and_ec2_words_it_its_way(
    front: AwsFront, iam: Any, cloud: Cloud
) -> None:
    cloud.create_group(spec())
    keys = user(iam, allow("*"), deny("autoscaling:Suspend*", "ec2:Terminate*"))
    mine = client(front.url, "autoscaling", keys)
    assert "with an explicit deny" in refused(mine.suspend_processes, **WEB)[2]
    status, code, _ = refused(
        client(front.url, "ec2", keys).terminate_instances, InstanceIds=["i-0a"], DryRun=True
    )
    assert (status, code) == (403, "UnauthorizedOperation")


def test_a_policy_that_asks_for_the_tag_that_was_removed_forbids_to_put_it_back(
    front: AwsFront, iam: Any, cloud: Cloud
) -> None:
    """Why a role must be conditioned on another tag than the one that a runbook takes away."""
    cloud.create_group(spec())
    condition = {"StringEquals": {f"aws:ResourceTag/{ENABLED}": "true"}}
    keys = user(iam, allow("autoscaling:*Tags", Condition=condition))
    mine = client(front.url, "autoscaling", keys)
    tag = {"ResourceId": "web", "ResourceType": "auto-scaling-group", "Key": ENABLED}
    mine.delete_tags(Tags=[tag])
    put = {**tag, "Value": "true", "PropagateAtLaunch": True}
    assert refused(mine.create_or_update_tags, Tags=[put])[1] == "AccessDenied"


def test_one_forbidden_group_of_a_batch_forbids_the_call(
    front: AwsFront, iam: Any, asg: Any, cloud: Cloud
) -> None:
    for name in ("web", "shop"):
        cloud.create_group(spec(name))
    only = "arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/web"
    keys = user(iam, {"Effect": "Allow", "Action": "autoscaling:DeleteTags", "Resource": only})
    mine = client(front.url, "autoscaling", keys)
    tags = [
        {"ResourceId": name, "ResourceType": "auto-scaling-group", "Key": ENABLED}
        for name in ("web", "shop")
    ]
    assert "autoScalingGroupName/shop" in refused(mine.delete_tags, Tags=tags)[2]
    assert described(asg)["Tags"] != []
    mine.delete_tags(Tags=tags[:1])
    assert described(asg)["Tags"] == []


def test_an_assumed_role_is_held_to_its_role_and_ends_in_the_worlds_time(
    front: AwsFront, iam: Any, clients: Clients, cloud: Cloud, watch: Any
) -> None:
    cloud.create_group(spec())
    made = iam.create_role(RoleName="runner", AssumeRolePolicyDocument=TRUST)["Role"]
    iam.put_role_policy(
        RoleName="runner", PolicyName="p", PolicyDocument=policy(allow("autoscaling:Describe*"))
    )
    keys = session(clients("sts"), made["Arn"], DurationSeconds=900)
    who = client(front.url, "sts", keys).get_caller_identity()["Arn"]
    assert who == "arn:aws:sts::123456789012:assumed-role/runner/run-1"
    mine = client(front.url, "autoscaling", keys)
    mine.describe_auto_scaling_groups()
    assert refused(mine.suspend_processes, **WEB)[1] == "AccessDenied"
    watch.advance(901)
    assert refused(mine.describe_auto_scaling_groups)[:2] == (403, "ExpiredToken")


def test_a_role_may_be_let_read_itself_alone(front: AwsFront, iam: Any, clients: Clients) -> None:
    """Resource type role* of IAM, with its path (Service Authorization Reference)."""
    for name in ("mine", "other"):
        iam.create_role(RoleName=name, Path="/ops/", AssumeRolePolicyDocument=TRUST)
    arn = "arn:aws:iam::123456789012:role/ops/mine"
    only = {"Effect": "Allow", "Action": "iam:GetRole", "Resource": arn}
    iam.put_role_policy(RoleName="mine", PolicyName="p", PolicyDocument=policy(only))
    mine = client(front.url, "iam", session(clients("sts"), arn))
    assert mine.get_role(RoleName="mine")["Role"]["Arn"] == arn
    assert refused(mine.get_role, RoleName="other")[1] == "AccessDenied"


def test_a_session_policy_only_takes_away(
    front: AwsFront, iam: Any, clients: Clients, cloud: Cloud
) -> None:
    cloud.create_group(spec())
    made = iam.create_role(RoleName="all", AssumeRolePolicyDocument=TRUST)["Role"]
    document = policy(allow("autoscaling:Describe*"))
    iam.put_role_policy(RoleName="all", PolicyName="p", PolicyDocument=policy(allow("*")))
    keys = session(clients("sts"), made["Arn"], Policy=document)
    mine = client(front.url, "autoscaling", keys)
    mine.describe_auto_scaling_groups()
    assert "no session policy allows" in refused(mine.suspend_processes, **WEB)[2]


def test_a_role_that_is_not_there_cannot_be_assumed(front: AwsFront, clients: Clients) -> None:
    arn = "arn:aws:iam::123456789012:role/nobody"
    status, code, message = refused(
        clients("sts").assume_role, RoleArn=arn, RoleSessionName="run-1"
    )
    assert (status, code) == (403, "AccessDenied")
    assert message.endswith(f"sts:AssumeRole on resource: {arn}")


def test_node_groups_shifts_and_balancers_have_resources_of_their_own(
    front: AwsFront, iam: Any, cloud: Cloud, clients: Clients
) -> None:
    cloud.create_nodegroup(spec("ng"))
    keys = user(iam, allow("eks:*", Resource="arn:aws:eks:*:*:nodegroup/sandbox/ng/*"))
    mine = client(front.url, "eks", keys)
    which = {"clusterName": "sandbox", "nodegroupName": "ng"}
    assert mine.describe_nodegroup(**which)["nodegroup"]["status"] == "ACTIVE"
    status, code, message = refused(mine.describe_cluster, name="sandbox")
    assert (status, code) == (403, "AccessDeniedException")
    assert "cluster/sandbox" in message
    arc = client(front.url, "arc-zonal-shift", keys)
    arn = "arn:aws:x"
    assert arn in refused(arc.get_managed_resource, resourceIdentifier=arn)[2]


def test_other_keys_are_the_on_call_session_and_not_held_to_anything(
    front: AwsFront, cloud: Cloud
) -> None:
    keys = {"aws_access_key_id": "AKIAANYBODY000000000", "aws_secret_access_key": "x"}
    client(front.url, "autoscaling", keys).describe_auto_scaling_groups()
    who = client(front.url, "sts", keys).get_caller_identity()["Arn"]
    assert who == "arn:aws:sts::123456789012:assumed-role/sopctl-sandbox/on-call"
