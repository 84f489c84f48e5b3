from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sopctl.sandbox.aws.cloud import Cloud
from tests.sandbox.aws.groups import described, refused, spec


def states(asg: Any) -> list[str]:
    return [instance["LifecycleState"] for instance in described(asg)["Instances"]]


def test_a_terminated_member_leaves_in_steps_and_the_group_gets_smaller(
    asg: Any, ec2: Any, cloud: Cloud, run: Callable[[float], None]
) -> None:
    victim = cloud.create_group(spec()).instances[0].id
    activity = asg.terminate_instance_in_auto_scaling_group(
        InstanceId=victim, ShouldDecrementDesiredCapacity=True
    )["Activity"]
    assert activity["StatusCode"] == "InProgress"
    assert states(asg).count("Terminating") == 1
    assert described(asg)["DesiredCapacity"] == 2
    run(60)
    assert states(asg) == ["InService", "InService"]
    found = ec2.describe_instances(InstanceIds=[victim])["Reservations"][0]["Instances"][0]
    assert found["State"]["Name"] == "terminated"


def test_a_member_terminated_without_decrement_is_replaced(
    asg: Any, cloud: Cloud, run: Callable[[float], None]
) -> None:
    group = cloud.create_group(spec())
    asg.terminate_instance_in_auto_scaling_group(
        InstanceId=group.instances[0].id, ShouldDecrementDesiredCapacity=False
    )
    run(60)
    now = {i["InstanceId"] for i in described(asg)["Instances"]}
    assert states(asg) == ["InService"] * 3
    assert group.instances[0].id not in now


def test_the_minimum_is_defended(asg: Any, cloud: Cloud) -> None:
    group = cloud.create_group(spec(min=3))
    status, code, message = refused(
        asg.terminate_instance_in_auto_scaling_group,
        InstanceId=group.instances[0].id,
        ShouldDecrementDesiredCapacity=True,
    )
    assert (status, code) == (400, "ValidationError")
    assert "desiredSize equals minSize (3)" in message
    assert states(asg) == ["InService"] * 3


def test_an_unknown_instance_is_a_validation_error(asg: Any) -> None:
    for operation, params in (
        ("terminate_instance_in_auto_scaling_group", {"ShouldDecrementDesiredCapacity": True}),
        ("set_instance_health", {"HealthStatus": "Unhealthy"}),
    ):
        status, code, message = refused(getattr(asg, operation), InstanceId="i-0nobody", **params)
        assert (status, code) == (400, "ValidationError")
        assert "No managed instance found" in message


def test_instances_terminated_by_ec2_are_replaced_at_a_tick(
    asg: Any, ec2: Any, cloud: Cloud, run: Callable[[float], None]
) -> None:
    group = cloud.create_group(spec())
    ec2.terminate_instances(InstanceIds=[group.instances[0].id])
    assert len(states(asg)) == 2
    run(60)
    assert states(asg) == ["InService"] * 3


def test_a_group_with_instances_is_only_deleted_by_force(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    status, code, _ = refused(asg.delete_auto_scaling_group, AutoScalingGroupName="web")
    assert (status, code) == (400, "ResourceInUse")
    asg.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    assert cloud.groups() == []


def test_protection_is_set_on_members_only(asg: Any, cloud: Cloud) -> None:
    group = cloud.create_group(spec())
    params = {"AutoScalingGroupName": "web", "ProtectedFromScaleIn": True}
    assert refused(asg.set_instance_protection, InstanceIds=["i-0nobody"], **params)[0] == 400
    asg.set_instance_protection(InstanceIds=[group.instances[0].id], **params)
    protected = {i["InstanceId"]: i["ProtectedFromScaleIn"] for i in described(asg)["Instances"]}
    assert [name for name, yes in protected.items() if yes] == [group.instances[0].id]
