from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.patches import outbox
from tests.sandbox.aws.groups import described, refused, spec

Run = Callable[[float], None]


def states(asg: Any) -> list[str]:
    return sorted(instance["LifecycleState"] for instance in described(asg)["Instances"])


def hook(asg: Any, direction: str, **more: Any) -> None:
    asg.put_lifecycle_hook(
        AutoScalingGroupName="web",
        LifecycleHookName="drain",
        LifecycleTransition=f"autoscaling:EC2_INSTANCE_{direction}",
        **{"HeartbeatTimeout": 300, "DefaultResult": "CONTINUE", **more},
    )


def test_an_instance_waits_on_its_way_out_until_it_may_go(
    asg: Any, ec2: Any, cloud: Cloud, run: Run
) -> None:
    """Auto Scaling user guide, "Lifecycle hooks": Terminating:Wait, and the event of it."""
    victim = cloud.create_group(spec()).instances[0].id
    hook(asg, "TERMINATING")
    outbox.OUTBOX.clear()
    cloud.terminate(victim)
    event = next(e for e in outbox.OUTBOX if "Lifecycle Action" in e.detail_type)
    assert event.detail_type == "EC2 Instance-terminate Lifecycle Action"
    assert event.detail["EC2InstanceId"] == victim
    assert (event.detail["Origin"], event.detail["Destination"]) == ("AutoScalingGroup", "EC2")
    run(60)
    assert states(asg) == ["InService", "InService", "Terminating:Wait"]
    found = ec2.describe_instances(InstanceIds=[victim])["Reservations"][0]["Instances"][0]
    assert found["State"]["Name"] == "running"
    asg.complete_lifecycle_action(
        AutoScalingGroupName="web",
        LifecycleHookName="drain",
        LifecycleActionToken=event.detail["LifecycleActionToken"],
        LifecycleActionResult="CONTINUE",
    )
    run(40)
    assert states(asg) == ["InService", "InService"]


def test_a_heartbeat_gives_more_time_and_the_default_comes_after_it(
    asg: Any, cloud: Cloud, run: Run
) -> None:
    victim = cloud.create_group(spec()).instances[0].id
    hook(asg, "TERMINATING")
    cloud.terminate(victim)
    run(200)
    action = {"AutoScalingGroupName": "web", "LifecycleHookName": "drain", "InstanceId": victim}
    asg.record_lifecycle_action_heartbeat(**action)
    run(200)
    assert "Terminating:Wait" in states(asg)
    run(150)
    assert states(asg) == ["InService", "InService"]
    status, _, message = refused(
        asg.complete_lifecycle_action, LifecycleActionResult="CONTINUE", **action
    )
    assert (status, "No active Lifecycle Action" in message) == (400, True)


@pytest.mark.parametrize(("result", "count"), [("CONTINUE", 1), ("ABANDON", 0)])
def test_an_instance_waits_on_its_way_in_and_is_abandoned_if_told(
    asg: Any, cloud: Cloud, run: Run, result: str, count: int
) -> None:
    cloud.create_group(spec(desired=0, min=0))
    hook(asg, "LAUNCHING")
    cloud.set_desired("web", 1)
    run(40)
    assert states(asg) == ["Pending:Wait"]
    asg.complete_lifecycle_action(
        AutoScalingGroupName="web",
        LifecycleHookName="drain",
        InstanceId=cloud.group("web").instances[0].id,
        LifecycleActionResult=result,
    )
    asg.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["Launch"])
    run(40)
    assert states(asg) == ["InService"] * count


def test_a_machine_that_ec2_has_taken_is_not_waited_for(
    asg: Any, ec2: Any, cloud: Cloud, run: Run
) -> None:
    victim = cloud.create_group(spec()).instances[0].id
    hook(asg, "TERMINATING")
    ec2.terminate_instances(InstanceIds=[victim])
    run(60)
    assert states(asg) == ["InService"] * 3
