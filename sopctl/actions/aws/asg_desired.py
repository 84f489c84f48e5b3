"""``aws.asg.desired``: stop groups from trying to replace what a failed zone took.

A group goes on launching for as long as it wants more instances than it has, whether an
autoscaler looks after it or not. Its wish is lowered to what is there, and its minimum with it
where that stands in the way; never below the instances that stay, so that none is chosen to go.
The minimum comes back exactly. The wish does not: whoever scales the group decides what it needs
when the zone is back.
Source: Auto Scaling API, UpdateAutoScalingGroup; EC2 Auto Scaling User Guide, "Set scaling
limits".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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

PART = "DesiredCapacity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Which groups; those of one failed zone."""

    select: Where = field(default_factory=Where)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrimState:
    """The minimum; *trimmed*: the group wants no more instances than stay with it."""

    min: int
    trimmed: bool


def select(world: World, params: Params) -> Selection:
    chosen = choice.unmanaged(choice.chosen(world.facts, params.select), "the size")
    population = len(world.facts.groups())
    return Selection(asg_update.ids(chosen.groups, PART), population, chosen.notes)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[TrimState]]:
    return asg_update.observed(world, ids, _read)


def _read(group: Group) -> Observed[TrimState]:
    state = TrimState(min=group.min, trimmed=group.desired <= group.staying)
    return Observed(state, evidence={"desired": group.desired, "staying": group.staying})


def desire(
    params: Params, resource: ResourceId, observed: Observed[TrimState]
) -> TrimState | Absent:
    if observed.state is ABSENT or observed.state.trimmed:
        return observed.state
    staying = observed.evidence["staying"]
    assert isinstance(staying, int)
    return TrimState(min=min(observed.state.min, staying), trimmed=True)


def satisfies(desired: TrimState | Absent, observed: TrimState | Absent) -> bool:
    """The minimum, and no wish beyond what stays where that is asked for."""
    if desired is ABSENT or observed is ABSENT:
        return desired is observed
    return desired.min == observed.min and (observed.trimmed or not desired.trimmed)


def converge(call: Call, world: World, changes: Sequence[Change[TrimState]]) -> Converged:
    for each in changes:
        yield each.resource, _resize(call, world, each)


def _resize(call: Call, world: World, change: Change[TrimState]) -> Receipt:
    """The wish is what stays right now: asked again, so that nothing is chosen to go."""
    assert change.after is not ABSENT, "a group has a size as long as it is there"
    if satisfies(change.after, change.before.state):
        return Receipt(kind=ReceiptKind.DONE)
    if not change.after.trimmed:
        return asg_update.update(call, world, change.resource, MinSize=change.after.min)
    try:
        now = groups.named(world.aws, [change.resource.name]).get(change.resource.name)
    except SopError as error:
        return receipt(error)
    if now is None or now.staying < change.after.min:
        return Receipt(kind=ReceiptKind.CONFLICT, why=f"{change.resource.name} lost more meanwhile")
    return asg_update.update(
        call, world, change.resource, MinSize=change.after.min, DesiredCapacity=now.staying
    )


ACTION: Action[Params, TrimState] = Action(
    id="aws.asg.desired",
    summary="Stop Auto Scaling groups from trying to replace what a failed zone took.",
    kind=asg_update.KIND,
    params=Params,
    state=TrimState,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=satisfies,
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
