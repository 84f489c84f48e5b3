"""``aws.asg.minimum``: the minimum of groups, so that nobody shrinks them below it, or may.

``hold`` sets it to what the group wants now: neither the autoscaler nor a scaling policy goes
below. ``at_least`` sets it to a number, and Auto Scaling launches what is missing: room that is
there before it is needed. The trap: a group fights to hold its minimum, so a minimum in a failed
zone means tries to launch there for ever; groups of the zone are never chosen with ``outside``.
``at_most`` lowers it, for a group whose instances are to be taken out: nothing else changes by
that, and on the way back the group launches what its minimum then lacks.
Source: Auto Scaling API, UpdateAutoScalingGroup ("if the new MinSize is larger than the current
size of the group, this sets the desired capacity to it"); kubernetes/autoscaler, DeleteNodes
("min size reached").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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

PART = "MinSize"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*hold*: at least what each group wants now. *at_least*: so many instances in each group.

    Neither goes above the maximum of a group, nor lowers a minimum. *at_most* only lowers it.
    """

    select: Where = field(default_factory=Where)
    hold: bool = False
    at_least: int = 0
    at_most: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MinState:
    """The fewest instances the group may have."""

    min: int


def select(world: World, params: Params) -> Selection:
    _check(params)
    population = world.facts.groups()
    chosen = choice.unmanaged(choice.chosen(world.facts, params.select), "the size")
    chosen = chosen.noting(
        lambda group: group.max < params.at_least,
        f"has a maximum below {params.at_least}, and gets a minimum of that.",
    )
    return Selection(asg_update.ids(chosen.groups, PART), len(population), chosen.notes)


def _check(params: Params) -> None:
    raised = params.hold or params.at_least > 0
    if not raised and params.at_most is None:
        raise RefusedError(
            "no minimum was named",
            hint="Say `hold: true`, or `at_least:` or `at_most:` how many instances.",
        )
    if params.at_most is not None and (raised or params.at_most < 0):
        raise RefusedError(
            f"a minimum of at most {params.at_most} makes no sense here",
            hint="Give 0 or more, without `hold` and `at_least`.",
        )


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[MinState]]:
    return asg_update.observed(world, ids, _read)


def _read(group: Group) -> Observed[MinState]:
    return Observed(MinState(min=group.min), evidence={"desired": group.desired, "max": group.max})


def desire(params: Params, resource: ResourceId, observed: Observed[MinState]) -> MinState | Absent:
    if observed.state is ABSENT:
        return ABSENT
    if params.at_most is not None:
        return MinState(min=min(observed.state.min, params.at_most))
    desired, most = observed.evidence["desired"], observed.evidence["max"]
    assert isinstance(desired, int)
    assert isinstance(most, int)
    wanted = max(desired if params.hold else 0, params.at_least)
    return MinState(min=max(observed.state.min, min(wanted, most)))


def converge(call: Call, world: World, changes: Sequence[Change[MinState]]) -> Converged:
    for each in changes:
        assert each.after is not ABSENT, "a group has a minimum as long as it is there"
        yield each.resource, asg_update.update(call, world, each.resource, MinSize=each.after.min)


ACTION: Action[Params, MinState] = Action(
    id="aws.asg.minimum",
    summary="The minimum of Auto Scaling groups: keep what is there, have room made, or let go.",
    kind=asg_update.KIND,
    params=Params,
    state=MinState,
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
