"""Lifecycle hooks: an instance waits on its way in or out until somebody says go on.

Gap of moto 5.2 closed here: hooks were stored and never used; CompleteLifecycleAction and
RecordLifecycleActionHeartbeat did not exist. Source: Auto Scaling user guide, "Lifecycle hooks".
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from sopctl.sandbox.aws.patches.groups import SandboxGroup, find_group
from sopctl.sandbox.aws.patches.instances import SandboxMember
from sopctl.sandbox.aws.patches.outbox import tell

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"
CONTINUE = "CONTINUE"
RESULTS = (CONTINUE, "ABANDON")


def wait(group: SandboxGroup, member: SandboxMember, transition: str) -> bool:
    """Let *member* wait for the hook of *group* for *transition*; False if there is none."""
    hook = hook_of(group, transition)
    if hook is None:
        return False
    leaving = transition == TERMINATING
    member.enter("Terminating:Wait" if leaving else "Pending:Wait")
    member.token = str(uuid.uuid4())
    member.answer = None
    member.heartbeat = utcnow()
    tell(
        "aws.autoscaling",
        f"EC2 Instance-{'terminate' if leaving else 'launch'} Lifecycle Action",
        str(group.arn),
        {
            "LifecycleActionToken": member.token,
            "AutoScalingGroupName": group.name,
            "LifecycleHookName": hook.name,
            "EC2InstanceId": member.instance_id,
            "LifecycleTransition": transition,
            "NotificationMetadata": hook.notification_metadata or "",
            "Origin": "AutoScalingGroup" if leaving else "EC2",
            "Destination": "EC2" if leaving else "AutoScalingGroup",
        },
    )
    return True


def answer_of(group: SandboxGroup, member: SandboxMember, now: datetime) -> str | None:
    """CONTINUE or ABANDON once it was said, or the hook's default after its timeout."""
    leaving = member.lifecycle_state == "Terminating:Wait"
    hook = hook_of(group, TERMINATING if leaving else LAUNCHING)
    if member.answer is not None or hook is None:
        return member.answer or CONTINUE
    timeout = timedelta(seconds=int(hook.heartbeat_timeout))
    return str(hook.default_result) if now - member.heartbeat >= timeout else None


def hook_of(group: SandboxGroup, transition: str) -> Any:  # noqa: ANN401  # moto's hook, or None
    """The hook of *group* for *transition*; of several, the first."""
    for hook in group.autoscaling_backend.lifecycle_hooks.values():
        known = (hook.auto_scaling_group_name, hook.lifecycle_transition)
        if known == (group.name, transition):
            return hook
    return None


def plant_hook(group: SandboxGroup, name: str, transition: str, heartbeat: int) -> None:
    """Have *group* wait *heartbeat* seconds at *transition* for somebody who says go on."""
    hook: Any = group.autoscaling_backend.create_lifecycle_hook(
        name, group.name, transition, heartbeat, CONTINUE
    )
    hook.notification_metadata = hook.role_arn = hook.notification_target_arn = None


class HookResponses(AutoScalingResponse):
    """Saying that a waiting instance may go on, or needs more time."""

    def put_lifecycle_hook(self) -> ActionResult:
        params = self._get_params()
        group = find_group(self, params["AutoScalingGroupName"])
        reply = super().put_lifecycle_hook()
        hook: Any = self.autoscaling_backend.lifecycle_hooks[
            f"{group.name}_{params['LifecycleHookName']}"
        ]
        hook.notification_metadata = params.get("NotificationMetadata")
        hook.role_arn = params.get("RoleARN")
        hook.notification_target_arn = params.get("NotificationTargetARN")
        return reply

    def complete_lifecycle_action(self) -> ActionResult:
        result = self._get_param("LifecycleActionResult")
        if result not in RESULTS:
            raise ValidationError(f"LifecycleActionResult is one of {', '.join(RESULTS)}.")
        self._waiting().answer = result
        return EmptyResult()

    def record_lifecycle_action_heartbeat(self) -> ActionResult:
        self._waiting().heartbeat = utcnow()
        return EmptyResult()

    def _waiting(self) -> SandboxMember:
        group = find_group(self, self._get_param("AutoScalingGroupName"))
        token, instance_id = self._get_param("LifecycleActionToken"), self._get_param("InstanceId")
        for member in group.members():
            known = member.token == token if token else member.instance_id == instance_id
            if known and member.lifecycle_state.endswith(":Wait"):
                return member
        raise ValidationError(
            f"No active Lifecycle Action found with instance ID {instance_id}"
            if instance_id
            else f"No active Lifecycle Action found with token {token}"
        )
