"""``k8s.karpenter.budgets``: keep Karpenter from disrupting nodes: consolidation, drift, emptiness.

A budget of no nodes, for all reasons, at all times. Everything that changes a NodePool's
requirements comes after it, because a changed requirement makes nodes drift, and drifted nodes
are replaced in the middle of an incident. Budgets do not stop the expiry of nodes, interruptions,
node repair or what people delete. The list is atomic: it comes back as it was, or not at all.
Source: karpenter.sh, "Disruption", NodePool Disruption Budgets; pkg/apis/v1/nodepool.go.
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

PATH = nodepools.BUDGETS
NONE = [{"nodes": "0"}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*nodepools*: by name; otherwise all."""

    nodepools: tuple[str, ...] = ()


def select(world: World, params: Params) -> Selection:
    found, population, notes = nodepools.chosen(world, params.nodepools)
    return Selection(nodepools.ids(found, PATH), population, notes)


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Member]]:
    return member.observe(world, ids, PATH)


def desire(params: Params, resource: ResourceId, observed: Observed[Member]) -> Member | Absent:
    """No node at any time; a list that says so already, in whatever words, stays."""
    if observed.state is ABSENT or nodepools.frozen(observed.state.value):
        return observed.state
    return member.of(NONE, PATH)


def converge(call: Call, world: World, changes: Sequence[Change[Member]]) -> Converged:
    for each in changes:
        yield each.resource, member.write(call, world, each, PATH)


ACTION: Action[Params, Member] = Action(
    id="k8s.karpenter.budgets",
    summary="Keep Karpenter from consolidating and replacing nodes, by disruption budgets of 0.",
    kind=nodepools.KIND,
    params=Params,
    state=Member,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=member.same,
    converge=converge,
    marker=AnnotationMarker("budgets"),
    touch=fence.touch,
    permissions=nodepools.PERMISSIONS,
)
