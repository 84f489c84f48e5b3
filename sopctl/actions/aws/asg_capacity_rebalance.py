"""``aws.asg.capacity_rebalance``: stop groups from replacing spot instances ahead of time.

With Capacity Rebalancing a group launches a replacement as soon as EC2 says that an instance is
at elevated risk, and then terminates it. In a surge that is churn: most instances at risk are not
interrupted, and what replaces them is at risk too. Without it, an interruption gives its two
minutes only, so that somebody (a node termination handler) has to drain in that time.
Source: EC2 Auto Scaling User Guide, "Capacity Rebalancing in Auto Scaling to replace at-risk Spot
Instances".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sopctl.actions.aws import asg_update
from sopctl.core.action import Action, Call, Change, Converged
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import choice, needs, side_effects
from sopctl.facts.choice import Where
from sopctl.facts.groups import Group
from sopctl.facts.world import World
from sopctl.marks import asg_tag
from sopctl.marks.asg_tag import MARKER

PART = "CapacityRebalance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*enabled*: whether instances at risk are replaced ahead of time."""

    select: Where = field(default_factory=Where)
    enabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RebalanceState:
    """Whether the group replaces spot instances at risk."""

    enabled: bool


def select(world: World, params: Params) -> Selection:
    """The groups that buy spot; EKS decides for those of node groups."""
    population = world.facts.groups()
    chosen = choice.unmanaged(choice.chosen(world.facts, params.select), "capacity rebalancing")
    buying = [group for group in chosen.groups if not group.on_demand]
    return Selection(asg_update.ids(buying, PART), len(population), chosen.notes)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[RebalanceState]]:
    return asg_update.observed(world, ids, _read)


def _read(group: Group) -> Observed[RebalanceState]:
    return Observed(RebalanceState(enabled=group.rebalances_capacity))


def desire(
    params: Params, resource: ResourceId, observed: Observed[RebalanceState]
) -> RebalanceState | Absent:
    return ABSENT if observed.gone else RebalanceState(enabled=params.enabled)


def converge(call: Call, world: World, changes: Sequence[Change[RebalanceState]]) -> Converged:
    for each in changes:
        assert each.after is not ABSENT, "it is on or off as long as the group is there"
        yield (
            each.resource,
            asg_update.update(call, world, each.resource, CapacityRebalance=each.after.enabled),
        )


ACTION: Action[Params, RebalanceState] = Action(
    id="aws.asg.capacity_rebalance",
    summary="Stop Auto Scaling groups from replacing spot instances ahead of time.",
    kind=asg_update.KIND,
    params=Params,
    state=RebalanceState,
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
    ),
    only_with={
        "select.zone": ("ec2:DescribeAvailabilityZones",),
    },
)
