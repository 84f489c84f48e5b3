"""``k8s.karpenter.limits``: keep NodePools from adding nodes, by a limit of no processors.

A limit is looked at for each new node and never touches those that are there, and it does not
make them drift. It is the pause for spot where a NodePool buys nothing else; one that buys both
would lose on-demand growth as well, and is left alone.
Source: karpenter.sh, "NodePools", spec.limits; scheduler.go, filterByRemainingResources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.actions.k8s import member, nodepools
from sopctl.actions.k8s.member import Member
from sopctl.core.action import Action, Call, Change, Converged
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker

PATH = ("spec", "limits")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*spot*: only NodePools that buy nothing but spot. *nodepools*: by name; otherwise all."""

    spot: bool = True
    nodepools: tuple[str, ...] = ()


def select(world: World, params: Params) -> Selection:
    found, population, notes = nodepools.chosen(world, params.nodepools)
    if params.spot:
        both = [each.name for each in found if "spot" in each.buys and not each.spot]
        if both:
            why = "left alone, because it buys on demand too, and a limit would hold for both."
            notes = (*notes, f"{', '.join(both)}: {why}")
        found = tuple(each for each in found if each.spot)
    return Selection(nodepools.ids(found, PATH), population, notes)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Member]]:
    return member.observe(world, ids, PATH)


def desire(params: Params, resource: ResourceId, observed: Observed[Member]) -> Member | Absent:
    """No processor more; other limits stay beside it."""
    if observed.state is ABSENT:
        return ABSENT
    limits = observed.state.value
    others = dict(limits) if isinstance(limits, Mapping) else {}
    if str(others.get("cpu")) == "0":
        return observed.state
    return member.of({**others, "cpu": "0"}, PATH)


def converge(call: Call, world: World, changes: Sequence[Change[Member]]) -> Converged:
    for each in changes:
        yield each.resource, member.write(call, world, each, PATH)


ACTION: Action[Params, Member] = Action(
    id="k8s.karpenter.limits",
    summary="Keep Karpenter NodePools from adding nodes; those that are there stay.",
    kind=nodepools.KIND,
    params=Params,
    state=Member,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=member.same,
    converge=converge,
    marker=AnnotationMarker("limits"),
    touch=fence.touch,
    permissions=nodepools.PERMISSIONS,
)
