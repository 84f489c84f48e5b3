"""``aws.asg.subnets``: take a zone's subnets out of groups that span zones.

The trap: a removed zone makes the group rebalance. It launches elsewhere and *terminates* what
runs in the zone, whatever disruption budgets say, unless AZRebalance is suspended. Therefore no
subnet is taken out of a group whose AZRebalance runs. The list comes back word for word, order
included.
Source: EC2 Auto Scaling User Guide, "Add an Availability Zone" and "Suspend and resume
processes".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sopctl.actions.aws import asg_update
from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind
from sopctl.core.errors import SopError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import choice, groups, needs, side_effects
from sopctl.facts.choice import Where
from sopctl.facts.groups import Group
from sopctl.facts.world import World
from sopctl.marks import asg_tag
from sopctl.marks.asg_tag import MARKER
from sopctl.providers.receipts import receipt

PART = "VPCZoneIdentifier"
REBALANCE = "AZRebalance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone*: the one to leave, by name or id. *groups*: by name; otherwise all that span it."""

    zone: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetState:
    """The subnets of the group, as the API has them: ids with commas between."""

    subnets: str


def select(world: World, params: Params) -> Selection:
    """The groups that are in the zone and elsewhere too."""
    where = Where(zone=params.zone, multi_zone=True, groups=params.groups)
    chosen = choice.unmanaged(choice.chosen(world.facts, where), "the subnets")
    chosen = chosen.noting(
        lambda group: REBALANCE not in group.suspended,
        f"suspend {REBALANCE} first, or the group terminates what runs in the zone.",
    )
    population = len(world.facts.groups())
    return Selection(asg_update.ids(chosen.groups, PART), population, chosen.notes)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[SubnetState]]:
    found = asg_update.observed(world, ids, _read)
    known = {s for each in found.values() if each.state is not ABSENT for s in _listed(each.state)}
    inside = _inside(world, params, known)
    return {
        each: Observed(
            seen.state,
            evidence={**seen.evidence, "inside": [s for s in _listed(seen.state) if s in inside]},
        )
        if seen.state is not ABSENT
        else seen
        for each, seen in found.items()
    }


def _read(group: Group) -> Observed[SubnetState]:
    return Observed(SubnetState(subnets=group.subnets), evidence={"zones": group.zones})


def _listed(state: SubnetState) -> list[str]:
    return [each for each in state.subnets.split(",") if each]


def _inside(world: World, params: Params, subnets: set[str]) -> frozenset[str]:
    """Those of *subnets* that are in the zone."""
    if not subnets:
        return frozenset()
    zone = world.facts.zone(params.zone).name
    found = world.aws.pages("ec2", "describe_subnets", "Subnets", SubnetIds=sorted(subnets))
    return frozenset(each["SubnetId"] for each in found if each["AvailabilityZone"] == zone)


def desire(
    params: Params, resource: ResourceId, observed: Observed[SubnetState]
) -> SubnetState | Absent:
    if observed.state is ABSENT:
        return ABSENT
    inside = cast("Sequence[str]", observed.evidence["inside"])
    kept = [each for each in _listed(observed.state) if each not in inside]
    return SubnetState(subnets=",".join(kept)) if kept else observed.state


def converge(call: Call, world: World, changes: Sequence[Change[SubnetState]]) -> Converged:
    for each in changes:
        yield each.resource, _move(call, world, each)


def _move(call: Call, world: World, change: Change[SubnetState]) -> Receipt:
    assert change.after is not ABSENT, "a group has subnets as long as it is there"
    try:
        now = groups.named(world.aws, [change.resource.name]).get(change.resource.name)
    except SopError as error:
        return receipt(error)
    if now is not None and REBALANCE not in now.suspended and _fewer(change):
        why = f"{REBALANCE} of {now.name} is not suspended: it would terminate instances"
        return Receipt(kind=ReceiptKind.REJECTED, why=why)
    return asg_update.update(call, world, change.resource, VPCZoneIdentifier=change.after.subnets)


def _fewer(change: Change[SubnetState]) -> bool:
    assert change.after is not ABSENT
    before = change.before.state
    return before is not ABSENT and not set(_listed(before)) <= set(_listed(change.after))


ACTION: Action[Params, SubnetState] = Action(
    id="aws.asg.subnets",
    summary="Take a zone's subnets out of Auto Scaling groups that span zones.",
    kind=asg_update.KIND,
    params=Params,
    state=SubnetState,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    marker=MARKER,
    concurrency=4,
    window=asg_update.WINDOW,
    settle=5.0,
    side_effects=side_effects.of_groups,
    permissions=(
        *needs.of("groups"),
        "autoscaling:UpdateAutoScalingGroup",
        *asg_tag.PERMISSIONS,
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeSubnets",
    ),
)
