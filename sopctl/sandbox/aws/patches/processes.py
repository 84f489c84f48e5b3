"""Suspended processes: names are checked, reasons are given, and the reconciler obeys.

Gaps of moto 5.2 closed here: bogus process names were accepted, the reason was empty, a missing
group was an error 500, DescribeScalingProcessTypes was not implemented.
"""

from __future__ import annotations

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from sopctl.sandbox.aws.patches.groups import SandboxGroup, find_group, suspension_reason

PROCESSES = (
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "Launch",
    "ReplaceUnhealthy",
    "ScheduledActions",
    "Terminate",
)


class ProcessResponses(AutoScalingResponse):
    """Suspending and resuming."""

    def suspend_processes(self) -> ActionResult:
        group, names = self._processes()
        for name in names or PROCESSES:
            group.suspensions.setdefault(name, suspension_reason())
        return EmptyResult()

    def resume_processes(self) -> ActionResult:
        group, names = self._processes()
        for name in names or PROCESSES:
            group.suspensions.pop(name, None)
        return EmptyResult()

    def describe_scaling_process_types(self) -> ActionResult:
        """Every process that can be suspended; moto has no such operation."""
        return ActionResult({"Processes": [{"ProcessName": name} for name in PROCESSES]})

    def _processes(self) -> tuple[SandboxGroup, list[str]]:
        names: list[str] = self._get_param("ScalingProcesses", [])
        for name in names:
            if name not in PROCESSES:
                raise ValidationError(f"{name} is not a valid process type.")
        return find_group(self, self._get_param("AutoScalingGroupName")), names
