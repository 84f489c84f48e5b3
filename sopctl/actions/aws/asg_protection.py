"""``aws.asg.protection``: protect instances from being chosen when their group shrinks.

Before a group's wish is lowered, or while instances that still work cannot register, the group must
not pick them. It protects from the group's own choice only: not from the cluster autoscaler, which
names the instance it terminates, nor from health replacement or a spot interruption.
Source: EC2 Auto Scaling User Guide, "Use instance scale-in protection".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind
from sopctl.core.errors import SopError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import choice, groups, needs
from sopctl.facts.choice import Where
from sopctl.facts.groups import Member
from sopctl.facts.world import World
from sopctl.providers.receipts import receipt

KIND = "aws.instance"
BATCH = 50  # SetInstanceProtection takes 50 instances
STEADY = ("InService", "Standby")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*except_zone*: instances in that zone (name or id) are left as they are."""

    select: Where = field(default_factory=Where)
    except_zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionState:
    """Whether the group may not choose the instance when it shrinks."""

    protected: bool


def select(world: World, params: Params) -> Selection:
    """The instances in service; an id's incarnation is the ARN of its group."""
    chosen = choice.chosen(world.facts, params.select)
    chosen = choice.unmanaged(chosen, "which instances go")
    avoided = world.facts.zone(params.except_zone).name if params.except_zone else ""
    live = groups.named(world.aws, [each.name for each in chosen.groups])
    ids = [
        ResourceId(KIND, member.id, group.arn, name)
        for name, group in sorted(live.items())
        for member in group.instances
        if member.state in STEADY and not (avoided and member.zone == avoided)
    ]
    everything = groups.named(world.aws, [each.name for each in world.facts.groups()])
    population = sum(len(each.instances) for each in everything.values())
    return Selection(tuple(ids), population, chosen.notes)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[ProtectionState]]:
    """An instance that left its group is gone."""
    found = groups.named(world.aws, [each.part for each in ids])
    members = {
        (group.arn, member.id): member for group in found.values() for member in group.instances
    }
    return {each: _observed(members.get((each.incarnation, each.name))) for each in ids}


def _observed(member: Member | None) -> Observed[ProtectionState]:
    if member is None or member.leaving:
        return Observed(ABSENT, gone=True)
    return Observed(ProtectionState(protected=member.protected), evidence={"zone": member.zone})


def desire(
    params: Params, resource: ResourceId, observed: Observed[ProtectionState]
) -> ProtectionState | Absent:
    return ABSENT if observed.gone else ProtectionState(protected=True)


def converge(call: Call, world: World, changes: Sequence[Change[ProtectionState]]) -> Converged:
    """One call for each group and direction."""
    sorted_out: dict[tuple[str, bool], list[ResourceId]] = defaultdict(list)
    for each in changes:
        assert each.after is not ABSENT, "an instance is protected or not as long as it is there"
        sorted_out[each.resource.part, each.after.protected].append(each.resource)
    for (group, protected), resources in sorted_out.items():
        answer = _send(call, world, group, [each.name for each in resources], protected=protected)
        yield from ((each, answer) for each in resources)


def _send(
    call: Call, world: World, group: str, instances: Sequence[str], *, protected: bool
) -> Receipt:
    try:
        reply = world.aws.write(
            call,
            "autoscaling",
            "set_instance_protection",
            AutoScalingGroupName=group,
            InstanceIds=list(instances),
            ProtectedFromScaleIn=protected,
        )
    except SopError as error:
        return receipt(error)
    return Receipt(kind=ReceiptKind.DONE, requests=(reply.request,))


ACTION: Action[Params, ProtectionState] = Action(
    id="aws.asg.protection",
    summary="Protect instances from being chosen when their Auto Scaling group shrinks.",
    kind=KIND,
    params=Params,
    state=ProtectionState,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    batch=BATCH,
    concurrency=2,
    settle=5.0,
    permissions=(
        *needs.of("groups"),
        "autoscaling:SetInstanceProtection",
    ),
    only_with={
        "select.zone": ("ec2:DescribeAvailabilityZones",),
        "except_zone": ("ec2:DescribeAvailabilityZones",),
    },
)
