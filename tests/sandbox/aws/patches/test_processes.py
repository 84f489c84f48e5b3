from __future__ import annotations

from typing import Any

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.patches.processes import PROCESSES
from tests.sandbox.aws.groups import described, refused, spec


def suspended(asg: Any) -> dict[str, str]:
    found = described(asg)["SuspendedProcesses"]
    return {process["ProcessName"]: process["SuspensionReason"] for process in found}


def test_a_suspension_says_who_and_when_and_keeps_saying_it(
    asg: Any, cloud: Cloud, watch: Any
) -> None:
    cloud.create_group(spec())
    asg.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["AZRebalance"])
    watch.advance(60)
    asg.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["AZRebalance", "Launch"])
    assert suspended(asg) == {
        "AZRebalance": "User suspended at 2026-11-21T03:00:00Z",
        "Launch": "User suspended at 2026-11-21T03:01:00Z",
    }


def test_resuming_takes_only_what_is_named(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    asg.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["AZRebalance", "Launch"])
    asg.resume_processes(AutoScalingGroupName="web", ScalingProcesses=["Launch", "Terminate"])
    assert set(suspended(asg)) == {"AZRebalance"}


def test_no_names_mean_all_processes(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    asg.suspend_processes(AutoScalingGroupName="web")
    assert set(suspended(asg)) == set(PROCESSES)
    asg.resume_processes(AutoScalingGroupName="web")
    assert suspended(asg) == {}


def test_a_process_that_does_not_exist_is_refused(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    status, code, _ = refused(
        asg.suspend_processes, AutoScalingGroupName="web", ScalingProcesses=["Lunch"]
    )
    assert (status, code) == (400, "ValidationError")
    assert suspended(asg) == {}


def test_the_process_types_can_be_asked_for(asg: Any) -> None:
    found = asg.describe_scaling_process_types()["Processes"]
    assert {process["ProcessName"] for process in found} == set(PROCESSES)
