"""``aws.asg.detach``: let instances of empty nodes go from their group, running, to be looked into.

A detached instance belongs to nobody: no group replaces it, no autoscaler removes it, it has left
its target groups, and it costs money until somebody terminates it. Its node stays in the cluster,
cordoned. No lifecycle hook runs. What is to serve again later is better in standby.
Source: EC2 Auto Scaling User Guide, "Detach or attach instances"; API reference, DetachInstances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.actions.aws import leaving
from sopctl.actions.aws.leaving import Present, Which
from sopctl.core.action import Action, Call, Change, Converged, Undo
from sopctl.core.resource import Absent, Observed, ResourceId, Selection
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Instances of *zone* (name or id), of *group*, or of *nodes* by name; all that is given.

    *replace*: the group launches another for each; without, it wants one less for each.
    """

    zone: str = ""
    group: str = ""
    nodes: tuple[str, ...] = ()
    replace: bool = False


def consent(params: Params) -> str:
    """Why a person has to agree."""
    return "detached instances run on, and are paid for, until somebody terminates them"


def select(world: World, params: Params) -> Selection:
    which = Which(zone=params.zone, group=params.group, nodes=params.nodes, replace=params.replace)
    return leaving.select(world, which)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Present]]:
    return leaving.present(world, ids, {"replace": params.replace})


def desire(params: Params, resource: ResourceId, observed: Observed[Present]) -> Present | Absent:
    return leaving.absence(observed)


def converge(call: Call, world: World, changes: Sequence[Change[Present]]) -> Converged:
    """One call for each group, after one more look at what runs on the nodes."""
    free = yield from leaving.checked(world, changes, "a detached instance is not attached again")
    for group in leaving.by_group(each.resource for each in free).values():
        decrement = not free[0].before.evidence["replace"]
        yield from leaving.send(
            call, world, "detach_instances", group, ShouldDecrementDesiredCapacity=decrement
        )


ACTION: Action[Params, Present] = Action(
    id="aws.asg.detach",
    summary="Let instances of empty nodes go from their Auto Scaling group, and run on.",
    kind=leaving.KIND,
    params=Params,
    state=Present,
    select=select,
    observe=observe,
    desire=desire,
    converge=converge,
    consent=consent,
    undo=Undo.RESIDUE,
    disruptive=True,
    batch=leaving.BATCH,
    concurrency=1,
    window=leaving.WINDOW,
    settle=5.0,
    permissions=(*leaving.PERMISSIONS, "autoscaling:DetachInstances"),
    only_with=leaving.ONLY_WITH,
)
