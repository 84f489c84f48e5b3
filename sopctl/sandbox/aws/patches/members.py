"""Instances in a group: leaving takes time, and is written down as an activity.

Gaps of moto 5.2 closed here: TerminateInstanceInAutoScalingGroup removed and replaced the instance
inside the call and crashed on an unknown one; TerminateInstances of EC2 replaced it at once;
DeleteAutoScalingGroup took a group with instances without ForceDelete.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.ec2.models.instances import InstanceState as Ec2State
from moto.moto_api._internal import mock_random

from sopctl.sandbox.aws.patches.groups import SandboxGroup, SandboxMember, find_group
from sopctl.sandbox.aws.patches.paging import one_page

# An Activity of the API.
Activity = dict[str, Any]

SHUTTING_DOWN = 32
MOST_ACTIVITIES = 200


def record(
    group: SandboxGroup, description: str, cause: str, *, status: str = "Successful", why: str = ""
) -> Activity:
    """Write down what the group did, newest last, as DescribeScalingActivities returns it.

    *cause* follows "At <time>"; *why* is the status message of a failure.
    """
    now = utcnow()
    activity: Activity = {
        "ActivityId": str(mock_random.uuid4()),
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": group.arn,
        "Description": description,
        "Cause": f"At {now:%Y-%m-%dT%H:%M:%SZ} {cause}",
        "StartTime": now,
        "EndTime": now if status in ("Successful", "Failed") else None,
        "StatusCode": status,
        "StatusMessage": why or None,
        "Progress": 100 if status in ("Successful", "Failed") else 0,
        "Order": len(group.activities),
    }
    group.activities.append(activity)
    del group.activities[:-MOST_ACTIVITIES]
    return activity


def terminate(group: SandboxGroup, member: SandboxMember, cause: str) -> Activity:
    """Start terminating *member*; the reconciler finishes it. Does not change the wish."""
    if member.lifecycle_state != "Terminating":
        member.enter("Terminating")
        member.instance._state = Ec2State("shutting-down", SHUTTING_DOWN)  # noqa: SLF001  # no setter
    return record(group, f"Terminating EC2 instance: {member.instance_id}", cause)


class MemberResponses(AutoScalingResponse):
    """Operations on single instances of groups, and deleting a group with them."""

    def terminate_instance_in_auto_scaling_group(self) -> ActionResult:
        params = self._get_params()
        ids = params.get("InstanceIds") or [params.get("InstanceId", "")]
        decrement = bool(params["ShouldDecrementDesiredCapacity"])
        found = [_member(self, instance_id) for instance_id in ids]
        for group, _ in found if decrement else []:
            if (group.desired_capacity or 0) <= (group.min_size or 0):
                raise ValidationError(
                    f"Currently, desiredSize equals minSize ({group.min_size}). Terminating "
                    "instance without replacement will violate group's min size constraint. "
                    "Either set shouldDecrementDesiredCapacity flag to false or lower group's "
                    "min size."
                )
        activities = [_take_out(group, member, decrement=decrement) for group, member in found]
        return ActionResult({"Activity": {**activities[0], "StatusCode": "InProgress"}})

    def describe_auto_scaling_instances(self) -> ActionResult:
        members = self.autoscaling_backend.describe_auto_scaling_instances(
            instance_ids=self._get_param("InstanceIds", [])
        )
        page, token = one_page(self, members)
        return ActionResult({"AutoScalingInstances": page, "NextToken": token})

    def set_instance_health(self) -> ActionResult:
        _, member = _member(self, self._get_param("InstanceId"))
        health = self._get_param("HealthStatus")
        if health not in ("Healthy", "Unhealthy"):
            raise ValidationError("Valid instance health states are: [Healthy, Unhealthy].")
        member.health_status = health
        return EmptyResult()

    def set_instance_protection(self) -> ActionResult:
        self._must_have(self._get_param("InstanceIds", []))
        return super().set_instance_protection()

    def detach_instances(self) -> ActionResult:
        self._must_have(self._get_param("InstanceIds", []))
        return super().detach_instances()

    def delete_auto_scaling_group(self) -> ActionResult:
        group = find_group(self, self._get_param("AutoScalingGroupName"))
        if group.instance_states and not self._get_bool_param("ForceDelete", if_none=False):
            raise AutoscalingClientError(
                "ResourceInUse",
                "You cannot delete an AutoScalingGroup while there are instances or pending "
                "Spot instance request(s) still in the group.",
            )
        ids = [member.instance_id for member in group.instance_states]
        if ids:
            group.ec2_backend.terminate_instances(ids)
            group.instance_states = []
        return super().delete_auto_scaling_group()

    def _must_have(self, ids: Iterable[str]) -> None:
        group = find_group(self, self._get_param("AutoScalingGroupName"))
        present = {member.instance_id for member in group.instance_states}
        for instance_id in ids:
            if instance_id not in present:
                raise ValidationError(
                    f"The instance {instance_id} is not part of Auto Scaling group {group.name}."
                )


def _member(response: AutoScalingResponse, instance_id: str) -> tuple[SandboxGroup, SandboxMember]:
    for group in response.autoscaling_backend.autoscaling_groups.values():
        assert isinstance(group, SandboxGroup)
        for member in group.members():
            if member.instance_id == instance_id:
                return group, member
    raise ValidationError(
        f"Instance Id not found - No managed instance found for instance ID: {instance_id}"
    )


def _take_out(group: SandboxGroup, member: SandboxMember, *, decrement: bool) -> Activity:
    cause = f"instance {member.instance_id} was taken out of service in response to a user request"
    if decrement and member.lifecycle_state != "Terminating":
        before = group.desired_capacity or 0
        group.desired_capacity = before - 1
        cause += f", shrinking the capacity from {before} to {before - 1}"
    return terminate(group, member, f"{cause}.")
