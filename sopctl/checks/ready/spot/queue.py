"""``ready.queue``: the queue of the node termination handler gets every notice, and groups wait.

Source: aws/aws-node-termination-handler, README, "Infrastructure Setup" (rules, queue policy,
retention of 300 seconds, lifecycle hooks, tag).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.core.errors import NotFoundError
from sopctl.facts import needs, notices
from sopctl.facts.groups import Group
from sopctl.facts.handlers import Handler
from sopctl.facts.notices import Rule
from sopctl.facts.world import World

_NEEDED: Final = (notices.INTERRUPTION, notices.REBALANCE, notices.STATE, notices.TERMINATE)
_HOOK: Final = "autoscaling:EC2_INSTANCE_TERMINATING"
_ATTRIBUTES: Final = ("QueueArn", "Policy", "MessageRetentionPeriod")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*heartbeat*: seconds that a group has to wait for a drain; *retention*: at most, of a notice.

    A notice that is older than the two minutes of a spot interruption only does harm.
    """

    heartbeat: int = 120
    retention: int = 600


def look(world: World, params: Params) -> Verdict:
    """One call for each queue and each group that such a handler looks after."""
    listening = [each for each in world.facts.handlers() if each.queue]
    rules = notices.read(world.aws, _NEEDED) if listening else ()
    rows = tuple(
        row
        for each in listening
        for row in (
            *_of_queue(world, each, rules, params.retention),
            *_of_groups(world, each, params.heartbeat),
        )
    )
    detail = "notices would be missed" if rows else "every notice comes, and groups wait"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(listening))


def _of_queue(
    world: World, handler: Handler, rules: Sequence[Rule], retention: int
) -> Iterator[str]:
    name = handler.queue.rpartition("/")[2]
    try:
        answer = world.aws.read(
            "sqs", "get_queue_attributes", QueueUrl=handler.queue, AttributeNames=list(_ATTRIBUTES)
        )
    except NotFoundError:
        yield f"{handler.full_name} listens to {handler.queue}, which does not exist"
        return
    attributes = answer.get("Attributes") or {}
    arn = str(attributes.get("QueueArn", ""))
    caught = {one for each in rules if each.enabled and arn in each.targets for one in each.catches}
    for missing in sorted(set(_NEEDED) - caught):
        yield f"no rule sends {name} each {missing}"
    if not _lets_in(str(attributes.get("Policy") or "{}")):
        yield f"{name} lets EventBridge send nothing (queue policy)"
    if int(attributes.get("MessageRetentionPeriod") or 0) > retention:
        yield f"{name} keeps notices for {attributes['MessageRetentionPeriod']} s"


def _lets_in(policy: str) -> bool:
    try:
        statements = _several(json.loads(policy).get("Statement"))
    except (ValueError, AttributeError):
        return False
    return any(_of_events(each) for each in statements if isinstance(each, dict))


def _of_events(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    who = principal.get("Service") if isinstance(principal, dict) else principal
    let_in = {"*", "events.amazonaws.com"}.intersection(_several(who))
    return statement.get("Effect") == "Allow" and bool(let_in)


def _several(value: Any) -> list[Any]:  # noqa: ANN401  # what a policy has: one, or a list
    return value if isinstance(value, list) else [value]


def _of_groups(world: World, handler: Handler, heartbeat: int) -> Iterator[str]:
    """Groups of EKS and such as the handler leaves alone need no hook."""
    ours = [
        each
        for each in world.facts.groups()
        if not each.managed and (not handler.tagged or handler.tag in each.tags)
    ]
    asks = [lambda group=each: _hooks(world, group) for each in ours]
    for group, waits in zip(ours, world.aws.together(asks), strict=True):
        if not waits:
            yield f"{group.name} has no lifecycle hook for terminations"
        elif max(waits) < heartbeat:
            yield f"{group.name} waits {max(waits)} s for a drain"


def _hooks(world: World, group: Group) -> list[int]:
    answer = world.aws.read(
        "autoscaling", "describe_lifecycle_hooks", AutoScalingGroupName=group.name
    )
    return [
        int(each.get("HeartbeatTimeout") or 0)
        for each in answer.get("LifecycleHooks") or ()
        if each.get("LifecycleTransition") == _HOOK
    ]


CHECK: Check[Params] = Check(
    id="ready.queue",
    summary="The node termination handler's queue gets every notice, and groups wait for it.",
    params=Params,
    look=look,
    permissions=(
        *needs.of("groups", "handlers"),
        "autoscaling:DescribeLifecycleHooks",
        "events:ListRules",
        "events:ListTargetsByRule",
        "sqs:GetQueueAttributes",
    ),
    readiness=Readiness(
        row="SP7",
        severity=Severity.CRITICAL,
        why="A notice that does not come to the queue drains nothing.",
        fix="Set up rules, queue policy and lifecycle hooks as in the handler's README.",
    ),
)
