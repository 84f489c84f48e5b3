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

from sopctl.actions.k8s import member, nodepools
from sopctl.actions.k8s.member import Member
from sopctl.core.action import Action, Call, Change, Converged, Receipt, ReceiptKind
from sopctl.core.codec import Json
from sopctl.core.errors import SopError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId, Selection
from sopctl.facts.objects.lookup import lookup
from sopctl.facts.objects.node import ZONE
from sopctl.facts.world import World
from sopctl.marks import fence
from sopctl.marks.annotation import AnnotationMarker
from sopctl.providers.receipts import receipt

PATH = ("spec", "template", "spec", "requirements")


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
    return Selection(nodepools.ids(kept, PATH), population, notes)


def _zones(requirements: Sequence[Mapping[str, Any]]) -> list[str] | None:
    """The zones that requirements name; None where they leave it open."""
    named = [e for e in requirements if e.get("key") == ZONE and e.get("operator") == "In"]
    return sorted(named[0].get("values") or ()) if named else None


def observe(
    world: World, params: Params, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Member]]:
    """The name of the zone is evidence: what is desired follows from it."""
    zone = world.facts.zone(params.zone).name if ids else ""
    return {
        each: Observed(seen.state, evidence={**seen.evidence, "zone": zone}, version=seen.version)
        for each, seen in member.observe(world, ids, PATH).items()
    }


def desire(params: Params, resource: ResourceId, observed: Observed[Member]) -> Member | Absent:
    """The zone taken out of what is required, or excluded where zones are left open."""
    if observed.state is ABSENT:
        return ABSENT
    value = observed.state.value
    old: Sequence[Json] = value if isinstance(value, Sequence) else ()
    new = _without(old, str(observed.evidence["zone"]))
    return observed.state if new == list(old) else member.of(new, PATH)


def _without(requirements: Sequence[Json], zone: str) -> list[Json]:
    found: list[Json] = []
    said = False
    for each in requirements:
        if isinstance(each, Mapping) and each.get("key") == ZONE:
            values = each.get("values")
            listed = [str(v) for v in values] if isinstance(values, Sequence) else []
            if each.get("operator") == "In":
                said = True
                each = {**each, "values": [name for name in listed if name != zone]}  # noqa: PLW2901  # the requirement, without the zone
            elif each.get("operator") == "NotIn":
                said = True
                each = {**each, "values": [*listed, *([] if zone in listed else [zone])]}  # noqa: PLW2901  # the requirement, with the zone
        found.append(each)
    return found if said else [*found, {"key": ZONE, "operator": "NotIn", "values": [zone]}]


def converge(call: Call, world: World, changes: Sequence[Change[Member]]) -> Converged:
    for each in changes:
        yield each.resource, _write(call, world, each)


def _write(call: Call, world: World, change: Change[Member]) -> Receipt:
    """Only while nothing may be disrupted: in either direction nodes drift."""
    try:
        found = lookup(world.k8s, [change.resource]).get(change.resource)
    except SopError as error:
        return receipt(error)
    budgets = member.read(found, nodepools.BUDGETS).state if found else ABSENT
    if budgets is not ABSENT and not nodepools.frozen(budgets.value):
        why = f"the budgets of {change.resource.name} allow disruption: its nodes would be replaced"
        return Receipt(kind=ReceiptKind.REJECTED, why=why)
    return member.write(call, world, change, PATH)


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
