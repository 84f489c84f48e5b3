"""``k8s.karpenter.zones``: keep Karpenter from launching in a zone, by a requirement.

The trap: a changed requirement makes the nodes of the zone *drift*, and Karpenter replaces what
has drifted. So nothing is written to a NodePool unless its disruption budgets allow no node, on
the way back too: restore this first, wait until the nodes have lost their Drifted condition (five
minutes), and the budgets last. Where EKS zonal shift is enabled for Karpenter, shifting the
cluster does the same without drift. Pods with hard spread over the zone cannot be placed any
more: relax first.
Source: karpenter.sh, "Disruption", Drift; drift.go, areRequirementsDrifted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sopctl.actions.k8s import member, nodepools, requirements
from sopctl.actions.k8s.member import Member
from sopctl.core.action import Action, Call, Change, Converged
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects.node import ZONE
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone*: the one to leave, by name or id. *nodepools*: by name; otherwise all."""

    zone: str
    nodepools: tuple[str, ...] = ()


def select(world: World, params: Params) -> Selection:
    """NodePools that may launch in the zone and elsewhere."""
    found, population, notes = nodepools.chosen(world, params.nodepools)
    zone = world.facts.zone(params.zone).name
    only = [each.name for each in found if _zones(each.requirements) == [zone]]
    if only:
        notes = (*notes, f"{', '.join(only)}: left alone, because it has no zone but {zone}.")
    kept = [each for each in found if each.name not in only]
    return Selection(nodepools.ids(kept, requirements.PATH), population, notes)


def _zones(said: Sequence[Mapping[str, Any]]) -> list[str] | None:
    """The zones that requirements name; None where they leave it open."""
    named = [e for e in said if e.get("key") == ZONE and e.get("operator") == "In"]
    return sorted(named[0].get("values") or ()) if named else None


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Member]]:
    """The name of the zone is evidence: what is desired follows from it."""
    zone = world.facts.zone(params.zone).name if ids else ""
    return {
        each: Observed(seen.state, evidence={**seen.evidence, "zone": zone}, version=seen.version)
        for each, seen in member.observe(world, ids, requirements.PATH).items()
    }


def desire(params: Params, resource: ResourceId, observed: Observed[Member]) -> Member | Absent:
    """The zone taken out of what is required, or excluded where zones are left open."""
    if observed.state is ABSENT:
        return ABSENT
    return requirements.without(observed.state, ZONE, str(observed.evidence["zone"]))


def converge(call: Call, world: World, changes: Sequence[Change[Member]]) -> Converged:
    for each in changes:
        yield each.resource, requirements.write(call, world, each)


ACTION: Action[Params, Member] = Action(
    id="k8s.karpenter.zones",
    summary="Keep Karpenter from launching nodes in a zone; its budgets must be 0.",
    kind=nodepools.KIND,
    params=Params,
    state=Member,
    select=select,
    observe=observe,
    desire=desire,
    satisfies=member.same,
    converge=converge,
    marker=AnnotationMarker("zones"),
    touch=fence.touch,
    permissions=(*nodepools.PERMISSIONS, "ec2:DescribeAvailabilityZones"),
)
