"""``aws.asg.distribution``: buy on demand instead of spot, in groups that buy both or may.

This is a migration and not a pause: Auto Scaling *replaces* the running spot instances bit by
bit, launching before it terminates, up to 10 % above the maximum, and replaces them again on the
way back. Hence the consent. Fields that are left out take their defaults, so that the whole
distribution is always sent; groups with distribution segments are left alone, because sending one
deletes them.
Source: Auto Scaling API, InstancesDistribution; User Guide, "Auto Scaling groups with multiple
instance types and purchase options".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sopctl.actions.aws import asg_update
from sopctl.core.action import Action, Call, Change, Converged
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts import choice, needs, side_effects
from sopctl.facts.choice import Where
from sopctl.facts.groups import Group
from sopctl.facts.world import World
from sopctl.marks import asg_tag
from sopctl.marks.asg_tag import MARKER

PART = "InstancesDistribution"
SEGMENTS = "DistributionSegments"
MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*on_demand_percent*: of what is bought above the base, 0 to 100."""

    select: Where = field(default_factory=Where)
    on_demand_percent: int = MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class DistributionState:
    """All fields of the distribution; None is not set, and left to the API."""

    on_demand_base: int | None = None
    on_demand_percent: int | None = None
    on_demand_strategy: str | None = None
    spot_strategy: str | None = None
    spot_pools: int | None = None
    spot_max_price: str | None = None


_FIELDS = {
    "on_demand_base": "OnDemandBaseCapacity",
    "on_demand_percent": "OnDemandPercentageAboveBaseCapacity",
    "on_demand_strategy": "OnDemandAllocationStrategy",
    "spot_strategy": "SpotAllocationStrategy",
    "spot_pools": "SpotInstancePools",
    "spot_max_price": "SpotMaxPrice",
}


def select(world: World, params: Params) -> Selection:
    """The groups with a mixed instances policy."""
    if not 0 <= params.on_demand_percent <= MOST:
        raise RefusedError(f"{params.on_demand_percent} is not a percentage", hint="Give 0 to 100.")
    population = world.facts.groups()
    chosen = choice.unmanaged(choice.chosen(world.facts, params.select), "the purchase options")
    chosen = chosen.without(
        lambda group: SEGMENTS in group.distribution,
        "left alone, because its distribution segments would be deleted.",
    )
    having = [group for group in chosen.groups if group.distribution]
    return Selection(asg_update.ids(having, PART), len(population), chosen.notes)


def consent(params: Params) -> str:
    """Why a person has to agree."""
    return "running instances are replaced bit by bit, and again on the way back"


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[DistributionState]]:
    return asg_update.observed(world, ids, _read)


def _read(group: Group) -> Observed[DistributionState]:
    given = {ours: group.distribution.get(theirs) for ours, theirs in _FIELDS.items()}
    known = {name: value for name, value in given.items() if value is not None}
    state = replace(DistributionState(), **known)  # type: ignore[arg-type]  # the API's own types
    return Observed(state, evidence={"desired": group.desired, "max": group.max})


def desire(
    params: Params, resource: ResourceId, observed: Observed[DistributionState]
) -> DistributionState | Absent:
    if observed.state is ABSENT:
        return ABSENT
    return replace(observed.state, on_demand_percent=params.on_demand_percent)


def converge(call: Call, world: World, changes: Sequence[Change[DistributionState]]) -> Converged:
    for each in changes:
        assert each.after is not ABSENT, "a policy is there as long as its group is"
        policy = {"InstancesDistribution": _sent(each.after)}
        yield (
            each.resource,
            asg_update.update(call, world, each.resource, MixedInstancesPolicy=policy),
        )


def _sent(state: DistributionState) -> dict[str, object]:
    """In the API's words."""
    given = {theirs: getattr(state, ours) for ours, theirs in _FIELDS.items()}
    return {name: value for name, value in given.items() if value is not None}


ACTION: Action[Params, DistributionState] = Action(
    id="aws.asg.distribution",
    summary="Buy on demand instead of spot; running spot instances are replaced.",
    kind=asg_update.KIND,
    params=Params,
    state=DistributionState,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    consent=consent,
    marker=MARKER,
    disruptive=True,
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
