from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

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


def test_the_minimum_is_defended_against_several_at_once(asg: Any, cloud: Cloud) -> None:
    ids = [i.id for i in cloud.create_group(spec(min=2)).instances]
    down = {"AutoScalingGroupName": "web", "ShouldDecrementDesiredCapacity": True}
    call = asg.terminate_instance_in_auto_scaling_group
    assert refused(call, InstanceIds=ids[:2], **down)[:2] == (400, "ValidationError")
    assert states(asg) == ["InService"] * 3
    call(InstanceIds=ids[:1], **down)
    assert described(asg)["DesiredCapacity"] == 2


def test_an_unknown_instance_is_a_validation_error(asg: Any) -> None:
    for operation, params in (
        ("terminate_instance_in_auto_scaling_group", {"ShouldDecrementDesiredCapacity": True}),
        ("set_instance_health", {"HealthStatus": "Unhealthy"}),
    ):
        status, code, message = refused(getattr(asg, operation), InstanceId="i-0nobody", **params)
        assert (status, code) == (400, "ValidationError")
        assert "No managed instance found" in message


def test_instances_terminated_by_ec2_are_replaced_by_the_health_check(
    asg: Any, ec2: Any, cloud: Cloud, run: Callable[[float], None]
) -> None:
    victim = cloud.create_group(spec()).instances[0].id
    ended = ec2.terminate_instances(InstanceIds=[victim])["TerminatingInstances"][0]
    assert ended["CurrentState"]["Name"] == "shutting-down"
    assert states(asg) == ["InService"] * 3
    run(60)
    assert states(asg) == ["InService"] * 3
    assert victim not in {i["InstanceId"] for i in described(asg)["Instances"]}
    causes = [
        activity["Cause"].split("Z ", 1)[1]
        for activity in asg.describe_scaling_activities(AutoScalingGroupName="web")["Activities"]
    ]
    assert causes == [
        "an instance was started in response to a difference between desired and actual capacity.",
        (
            "an instance was taken out of service in response to an EC2 health check indicating "
            "it has been terminated or stopped."
        ),
    ]


@pytest.mark.parametrize("process", ["HealthCheck", "ReplaceUnhealthy", "Launch"])
def test_what_ec2_ended_is_not_replaced_while_a_process_of_it_is_suspended(
    asg: Any, ec2: Any, cloud: Cloud, run: Callable[[float], None], process: str
) -> None:
    """User guide, "Suspend and resume processes": each is needed for a replacement."""
    victim = cloud.create_group(spec()).instances[0].id
    asg.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=[process])
    ec2.terminate_instances(InstanceIds=[victim])
    run(60)
    alive = [i.id for i in cloud.group("web").instances]
    assert (len(alive), victim in alive) == (2, False)
    assert (victim in {i["InstanceId"] for i in described(asg)["Instances"]}) == (
        process != "Launch"
    )
    asg.resume_processes(AutoScalingGroupName="web", ScalingProcesses=[process])
    run(60)
    assert states(asg) == ["InService"] * 3


def test_standby_keeps_an_instance_out_of_service_until_it_comes_back(
    asg: Any, cloud: Cloud, run: Callable[[float], None]
) -> None:
    away = [i.id for i in cloud.create_group(spec()).instances[:2]]
    group = {"AutoScalingGroupName": "web", "InstanceIds": away}
    moved = asg.enter_standby(ShouldDecrementDesiredCapacity=True, **group)["Activities"]
    assert [a["Description"] for a in moved] == [
        f"Moving EC2 instance to Standby: {i}" for i in away
    ]
    assert "shrinking the capacity from 3 to 2" in moved[0]["Cause"]
    assert described(asg)["DesiredCapacity"] == 1
    run(60)
    assert sorted(states(asg)) == ["InService", "Standby", "Standby"]
    asg.exit_standby(**group)
    assert described(asg)["DesiredCapacity"] == 3
    assert states(asg).count("Pending") == 2
    run(60)
    assert states(asg) == ["InService"] * 3


def test_standby_and_detachment_defend_the_minimum_and_know_their_members(
    asg: Any, cloud: Cloud
) -> None:
    ids = [i.id for i in cloud.create_group(spec(min=3)).instances]
    group = {"AutoScalingGroupName": "web", "ShouldDecrementDesiredCapacity": True}
    for call in (asg.enter_standby, asg.detach_instances):
        assert refused(call, InstanceIds=ids[:1], **group)[:2] == (400, "ValidationError")
        assert refused(call, InstanceIds=["i-0nobody"], **group)[0] == 400
    assert refused(asg.exit_standby, AutoScalingGroupName="web", InstanceIds=ids[:1])[0] == 400
    assert states(asg) == ["InService"] * 3


def test_a_detached_instance_lives_on_and_is_replaced_without_decrement(
    asg: Any, ec2: Any, cloud: Cloud, run: Callable[[float], None]
) -> None:
    gone = cloud.create_group(spec()).instances[0].id
    asg.detach_instances(
        AutoScalingGroupName="web", InstanceIds=[gone], ShouldDecrementDesiredCapacity=False
    )
    run(60)
    assert states(asg) == ["InService"] * 3
    assert gone not in {i["InstanceId"] for i in described(asg)["Instances"]}
    found = ec2.describe_instances(InstanceIds=[gone])["Reservations"][0]["Instances"][0]
    assert found["State"]["Name"] == "running"
    assert [each.id for each in cloud.loose()] == [gone]  # so that its node stays


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
