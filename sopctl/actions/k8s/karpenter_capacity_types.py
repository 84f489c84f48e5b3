"""``k8s.karpenter.capacity_types``: keep NodePools that also buy on demand from buying spot.

By their requirement on the capacity type; a pool that buys nothing else is paused by its limits.
The trap is that of a zone: the spot nodes that are there *drift*, and Karpenter replaces what has
drifted. So nothing is written to a NodePool unless its disruption budgets allow no node, on the way
back too: restore this first, and the budgets once no node is Drifted any more (five minutes). Pods
that select spot, or are spread hard over capacity types, find no new place: relax that first.
Source: karpenter.sh, "NodePools", spec.template.spec.requirements, and "Disruption", Drift.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sopctl.actions.k8s import member, nodepools, requirements
from sopctl.actions.k8s.member import Member
from sopctl.actions.k8s.nodepools import CAPACITY_TYPE, NodePool
from sopctl.core.action import Action, Call, Change, Converged
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects import node
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker
from sopctl.providers.k8s_paths import collection

KNOWN = ("spot", "on-demand", "reserved")
_POOL = "karpenter.sh/nodepool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*without*: the capacity type not to buy. *nodepools*: by name; otherwise all."""

    without: str = "spot"
    nodepools: tuple[str, ...] = ()


def select(world: World, params: Params) -> Selection:
    """NodePools that buy that type and another; what of them will drift is noted."""
    if params.without not in KNOWN:
        raise RefusedError(
            f"there is no capacity type {params.without!r}", hint=f"There are {', '.join(KNOWN)}."
        )
    found, population, notes = nodepools.chosen(world, params.nodepools)
    buying = [each for each in found if params.without in each.buys]
    only = [each.name for each in buying if each.buys == {params.without}]
    if only:
        why = f"left alone, because it buys nothing but {params.without}; a limit pauses it."
        notes = (*notes, f"{', '.join(only)}: {why}")
    kept = [each for each in buying if each.name not in only]
    drifting = _drifting(world, kept, params.without)
    return Selection(nodepools.ids(kept, requirements.PATH), population, (*notes, *drifting))


def _drifting(world: World, kept: Sequence[NodePool], without: str) -> list[str]:
    """How many nodes will be replaced as soon as budgets allow it."""
    names = [each.name for each in kept]
    nodes = world.k8s.each(collection("k8s.node"), node.read) if names else []
    pools = [each.labels.get(_POOL) for each in nodes if each.labels.get(CAPACITY_TYPE) == without]
    counts = {name: pools.count(name) for name in names}
    return [
        f"{name}: its {count} {without} nodes drift, and are replaced once its budgets allow that."
        for name, count in counts.items()
        if count
    ]


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Member]]:
    return member.observe(world, ids, requirements.PATH)


def desire(params: Params, resource: ResourceId, observed: Observed[Member]) -> Member | Absent:
    """The type taken out of what is required, or excluded."""
    if observed.state is ABSENT:
        return ABSENT
    return requirements.without(observed.state, CAPACITY_TYPE, params.without)


def converge(call: Call, world: World, changes: Sequence[Change[Member]]) -> Converged:
    for each in changes:
        yield each.resource, requirements.write(call, world, each)


ACTION: Action[Params, Member] = Action(
    id="k8s.karpenter.capacity_types",
    summary="Keep Karpenter NodePools that buy on demand too from buying spot; budgets must be 0.",
    kind=nodepools.KIND,
    params=Params,
    state=Member,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=member.same,
    converge=converge,
    marker=AnnotationMarker("capacity_types"),
    touch=fence.touch,
    permissions=(*nodepools.PERMISSIONS, "k8s:list nodes"),
)
