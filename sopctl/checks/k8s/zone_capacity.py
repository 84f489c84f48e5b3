"""``k8s.zone.capacity``: the other zones can take what runs in one.

Requests of the zone's pods, and of those that are pending already, against what is free on ready
and schedulable nodes elsewhere and what groups outside the zone may still grow by. Summed over the
cluster: it says no when it cannot be, and yes when it may be. It does not know selectors, taints,
the size of single nodes, quotas or subnets, and counts no group that also spans the zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sopctl.core.check import Check, Verdict
from sopctl.core.errors import RefusedError, TemporaryError
from sopctl.facts import groups, needs
from sopctl.facts.objects import node, pod
from sopctl.facts.objects.node import Node
from sopctl.facts.objects.pod import Pod
from sopctl.facts.room import left_by_node, moves, total
from sopctl.facts.world import World

RESOURCES = ("cpu", "memory", "pods")
_GIB = Decimal(2) ** 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone*: a name or an id. *growth* false counts only nodes that are there."""

    zone: str
    growth: bool = True


def look(world: World, params: Params) -> Verdict:
    nodes = world.k8s.each("/api/v1/nodes", node.read)
    pods = world.k8s.each("/api/v1/pods", pod.read)
    zone = node.zone_name(params.zone, nodes, lambda: world.facts.zone(params.zone).name)
    inside = {each.name for each in nodes if each.zone == zone}
    needed = total(each.requests for each in pods if _counts(each, inside))
    outside = [each for each in nodes if each.name not in inside]
    free = total(left_by_node(outside, pods).values())
    more, unknown = _growth(world, zone, nodes) if params.growth else ({}, "")
    rows, short = [], []
    for name in RESOURCES:
        has = free.get(name, Decimal(0)), more.get(name, Decimal(0))
        fits = needed.get(name, Decimal(0)) <= sum(has)
        amounts = [_shown(name, each) for each in (needed.get(name, Decimal(0)), *has)]
        verdict = "fits" if fits else "does not fit"
        rows.append("{}: {} needed, {} free, {} by growth: {}".format(name, *amounts, verdict))
        if not fits:
            short.append(name)
    rows += [unknown] if unknown else []
    if short:
        detail = f"the other zones lack {', '.join(short)} for what runs in {zone}"
        return Verdict(holds=False, detail=detail, rows=tuple(rows))
    return Verdict(holds=True, detail=f"the other zones can take {zone}", rows=tuple(rows))


def _counts(each: Pod, inside: set[str]) -> bool:
    """Pods that will need a place: those of the zone, and those that have none."""
    return moves(each) and (each.node in inside or not each.node)


def _growth(world: World, zone: str, nodes: Sequence[Node]) -> tuple[Mapping[str, Decimal], str]:
    """What groups outside *zone* can add, by the size of a node that they have; and a remark."""
    try:
        names = [each.name for each in world.facts.groups() if zone not in each.zones]
        found = groups.named(world.aws, names)
    except (TemporaryError, RefusedError) as error:
        return {}, f"growth is not known: {error.summary}"
    sizes = {each.instance: each.allocatable for each in nodes if each.instance}
    added, unseen = [], 0
    for group in found.values():
        sample = next((sizes[m.id] for m in group.instances if m.id in sizes), None)
        room = group.max - group.desired
        if sample is None:
            unseen += bool(room)
        else:
            added.append({name: amount * room for name, amount in sample.items()})
    remark = f"{unseen} groups without a node are not counted" if unseen else ""
    return total(added), remark


def _shown(name: str, amount: Decimal) -> str:
    if name == "memory":
        return f"{amount / _GIB:.1f} GiB"
    return f"{amount:.0f}" if name == "pods" else f"{amount:.1f}"


CHECK: Check[Params] = Check(
    id="k8s.zone.capacity",
    summary="The other zones can take what runs in one, now or by growing.",
    params=Params,
    look=look,
    permissions=(
        "k8s:list nodes",
        "k8s:list pods",
    ),
    only_with={
        "growth": needs.of("groups"),
    },
)
