"""``aws.asg.standby``: take instances of empty nodes out of service, so that they can come back.

An instance in standby goes on running, leaves its target groups, and its health is not checked:
the way to take a half-failed zone out of service. Its group wants one less for each, because one
that was replaced could not come back without a group larger than before; the minimum has to let it.
On the way back the group wants one more again, its launch hooks run, and it registers with its
target groups; its maximum has to let it. The cluster autoscaler may still remove the nodes as idle:
freeze its scale-down first.
Source: EC2 Auto Scaling User Guide, "Temporarily remove instances from your Auto Scaling group";
API reference, EnterStandby, ExitStandby.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sopctl.actions.aws import leaving
from sopctl.actions.aws.leaving import Which
from sopctl.core.action import Action, Call, Change, Converged, Effect, Seen
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.world import World

STATES = ("InService", "Standby")
IN, OUT = "EnteringStandby", "Standby"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Instances of *zone* (name or id), of *group*, or of *nodes* by name; all that is given."""

    zone: str = ""
    group: str = ""
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether the instance stands by, or is on its way there."""

    standby: bool


def select(world: World, params: Params) -> Selection:
    which = Which(zone=params.zone, group=params.group, nodes=params.nodes, states=STATES)
    return leaving.select(world, which)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Standing]]:
    """An instance that left its group is gone."""
    why = leaving.holding(world, [each.name for each in ids])
    gone: Observed[Standing] = Observed(ABSENT, gone=True)
    return {
        each: gone
        if found is None
        else Observed(
            Standing(standby=found[1].state in (IN, OUT)),
            evidence={"zone": found[1].zone, "stays": why.get(each.name, "")},
        )
        for each, found in leaving.member_of(world, ids).items()
    }


def desire(params: Params, resource: ResourceId, observed: Observed[Standing]) -> Standing | Absent:
    """Standby; an instance whose node is in use again stays as it is."""
    if observed.state is ABSENT or observed.evidence["stays"]:
        return observed.state
    return Standing(standby=True)


def converge(call: Call, world: World, changes: Sequence[Change[Standing]]) -> Converged:
    """One call for each group and direction, after one more look at what runs on the nodes."""
    moving = [each for each in changes if each.before.state != each.after]
    out = [each.resource for each in moving if each.after == Standing(standby=True)]
    back = [each.resource for each in moving if each.after == Standing(standby=False)]
    yield from ((each.resource, leaving.NOTHING) for each in changes if each not in moving)
    free = yield from leaving.empty(world, out)
    for group in leaving.by_group(free).values():
        yield from leaving.send(
            call, world, "enter_standby", group, ShouldDecrementDesiredCapacity=True
        )
    for group in leaving.by_group(back).values():
        yield from leaving.send(call, world, "exit_standby", group)


def look(
    world: World, params: Params, changes: Sequence[Change[Standing]], changed_at: datetime
) -> Seen:
    """Are they out of service, or in service again?"""
    found = leaving.member_of(world, [each.resource for each in changes])
    for each in changes:
        member = found[each.resource]
        wanted = OUT if each.after == Standing(standby=True) else "InService"
        if member is not None and member[1].state != wanted:
            return Seen(ok=False, detail=f"{each.resource.name} is {member[1].state}")
    return Seen(ok=True, detail="each instance has arrived there")


ACTION: Action[Params, Standing] = Action(
    id="aws.asg.standby",
    summary="Take instances of empty nodes out of service in their Auto Scaling group, to return.",
    kind=leaving.KIND,
    params=Params,
    state=Standing,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    effect=Effect(describe="the instances stand by, or serve again", look=look, within=900.0),
    disruptive=True,
    batch=leaving.BATCH,
    concurrency=1,
    window=leaving.WINDOW,
    settle=5.0,
    permissions=(
        *leaving.PERMISSIONS,
        "autoscaling:EnterStandby",
        "autoscaling:ExitStandby",
    ),
    only_with=leaving.ONLY_WITH,
)
