"""What the actions on attributes of Auto Scaling groups share: reading and writing one group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from sopctl.core.action import Call, Receipt, ReceiptKind
from sopctl.core.errors import SopError
from sopctl.core.resource import ABSENT, Observed, ResourceId
from sopctl.facts import groups
from sopctl.facts.groups import Group
from sopctl.facts.world import World
from sopctl.providers.receipts import receipt

StateT = TypeVar("StateT")

KIND = "aws.asg"
WINDOW = 20  # groups looked at at once: paced writes of so many take four seconds


def ids(chosen: Iterable[Group], part: str) -> tuple[ResourceId, ...]:
    """The attribute *part* of each group."""
    return tuple(ResourceId(KIND, each.name, each.arn, part) for each in chosen)


def observed(
    world: World, wanted: Sequence[ResourceId], read: Callable[[Group], Observed[StateT]]
) -> Mapping[ResourceId, Observed[StateT]]:
    """Each group *read* as it is now; one of that name with another ARN is another group."""
    found = groups.named(world.aws, [each.name for each in wanted])
    gone: Observed[StateT] = Observed(ABSENT, gone=True)
    return {
        each: read(group)
        if (group := found.get(each.name)) is not None and group.arn == each.incarnation
        else gone
        for each in wanted
    }


def update(call: Call, world: World, resource: ResourceId, **attributes: object) -> Receipt:
    """One UpdateAutoScalingGroup; what is not named stays as it is."""
    try:
        reply = world.aws.write(
            call,
            "autoscaling",
            "update_auto_scaling_group",
            AutoScalingGroupName=resource.name,
            **attributes,
        )
    except SopError as error:
        return receipt(error)
    return Receipt(kind=ReceiptKind.DONE, requests=(reply.request,))
