"""Instances in a group: leaving takes time, and is written down as an activity.

Gaps of moto 5.2 closed here: TerminateInstanceInAutoScalingGroup removed and replaced the instance
inside the call and crashed on an unknown one; TerminateInstances of EC2 replaced it at once;
standby and detachment took instances that were not there, and broke the minimum;
DeleteAutoScalingGroup took a group with instances without ForceDelete.
"""

from __future__ import annotations

from collections import Counter

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult

from sopctl.sandbox.aws.patches.activities import Activity, begin, terminate
from sopctl.sandbox.aws.patches.groups import SandboxGroup, find_group
from sopctl.sandbox.aws.patches.instances import SandboxMember
from sopctl.sandbox.aws.patches.paging import one_page

# Quotas of the API: Auto Scaling user guide, "Quotas for Amazon EC2 Auto Scaling".
MOST_IN_A_CALL = 20
MOST_PROTECTED_IN_A_CALL = 50


class MemberResponses(AutoScalingResponse):
    """Operations on single instances of groups, and deleting a group with them."""

    def terminate_instance_in_auto_scaling_group(self) -> ActionResult:
        params = self._get_params()
        ids = params.get("InstanceIds") or [params.get("InstanceId", "")]
        decrement = bool(params["ShouldDecrementDesiredCapacity"])
        found = [_member(self, instance_id) for instance_id in ids]
        fewer: Counter[str] = Counter()
        for group, _ in found if decrement else []:
            fewer[group.name] += 1
            if (group.desired_capacity or 0) - fewer[group.name] < (group.min_size or 0):
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
        self._chosen(MOST_PROTECTED_IN_A_CALL)
        return super().set_instance_protection()

    def detach_instances(self) -> ActionResult:
        """The instances leave the group and go on running; without decrement they are replaced."""
        return self._withdraw("Detaching", "Detaching EC2 instance: ", "was detached")

    def enter_standby(self) -> ActionResult:
        """The instances stay, out of service; without decrement they are replaced meanwhile."""
        return self._withdraw("Standby", "Moving EC2 instance to Standby: ", "was moved to standby")

    def exit_standby(self) -> ActionResult:
        """Back into service, by way of Pending; the group wants as many more."""
        group, found = self._chosen(MOST_IN_A_CALL)
        for member in found:
            if member.lifecycle_state != "Standby":
                raise ValidationError(
                    f"The instance {member.instance_id} is not in Standby and cannot be moved "
                    "to InService."
                )
        wanted = (group.desired_capacity or 0) + len(found)
        if wanted > (group.max_size or 0):
            raise ValidationError(
                f"AutoScalingGroup {group.name} has maxSize {group.max_size}. Moving the "
                f"instances to InService would make {wanted}."
            )
        started = []
        for member in found:
            because = f"instance {member.instance_id} was moved out of standby in response to a "
            group.want((group.desired_capacity or 0) + 1, f"{because}user request,")
            description = f"Moving EC2 instance out of Standby: {member.instance_id}"
            member.activity = begin(group, description, f"{because}user request.")
            member.enter("Pending")
            started.append(member.activity)
        return ActionResult({"Activities": started})

    def _withdraw(self, state: str, description: str, verb: str) -> ActionResult:
        group, found = self._chosen(MOST_IN_A_CALL)
        decrement = self._get_bool_param("ShouldDecrementDesiredCapacity")
        for member in found:
            if member.lifecycle_state != "InService":
                raise ValidationError(
                    f"The instance {member.instance_id} is not in InService. "
                    f"It is in {member.lifecycle_state}."
                )
        if decrement:
            _defend_minimum(group, len(found))
        started = []
        for member in found:
            cause = f"instance {member.instance_id} {verb} in response to a user request"
            if decrement:
                before = group.desired_capacity or 0
                group.desired_capacity = before - 1
                cause += f", shrinking the capacity from {before} to {before - 1}"
            started.append(begin(group, f"{description}{member.instance_id}", f"{cause}."))
            member.activity = started[-1]
            member.enter(state)
        return ActionResult({"Activities": started})

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

    def _chosen(self, most: int) -> tuple[SandboxGroup, list[SandboxMember]]:
        """The group and those of its members that the request names."""
        group = find_group(self, self._get_param("AutoScalingGroupName"))
        present = {member.instance_id: member for member in group.members()}
        ids = self._get_param("InstanceIds", [])
        if len(ids) > most:
            raise ValidationError(
                f"1 validation error detected: Value at 'instanceIds' failed to satisfy "
                f"constraint: Member must have length less than or equal to {most}"
            )
        for instance_id in ids:
            if instance_id not in present:
                raise ValidationError(
                    f"The instance {instance_id} is not part of Auto Scaling group {group.name}."
                )
        return group, [present[instance_id] for instance_id in ids]


def _defend_minimum(group: SandboxGroup, fewer: int) -> None:
    if (group.desired_capacity or 0) - fewer < (group.min_size or 0):
        raise ValidationError(
            f"AutoScalingGroup {group.name} has minSize={group.min_size}, maxSize="
            f"{group.max_size}, and desiredCapacity={group.desired_capacity}. "
            f"Removing {fewer} instances would violate the group's min size constraint. Either "
            "set shouldDecrementDesiredCapacity flag to false or lower group's min size."
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
