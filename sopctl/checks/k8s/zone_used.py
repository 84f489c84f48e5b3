"""``k8s.zone.used``: the cluster has something in the zone: nodes, or groups that launch there.

The zone that an operator names by mistake (another account's name for it, a slip of the finger)
is often a real one in which this cluster has nothing, and a plan for it looks almost right.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sopctl.core.check import Check, Verdict
from sopctl.core.errors import RefusedError, TemporaryError
from sopctl.facts import needs
from sopctl.facts.objects import node
from sopctl.facts.world import World
from sopctl.providers.k8s_paths import collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone*: a name such as us-east-1a, or an id such as use1-az4."""

    zone: str


def look(world: World, params: Params) -> Verdict:
    """Labels of nodes tell while AWS does not answer; groups count for a zone without nodes."""
    nodes = world.k8s.each(collection("k8s.node"), node.read)
    counts = Counter(each.zone for each in nodes if each.zone)
    rows = tuple(f"{zone} has {counts[zone]} nodes" for zone in sorted(counts))
    try:
        zone = node.zone_name(params.zone, nodes, lambda: world.facts.zone(params.zone).name)
        if counts[zone]:
            return Verdict(holds=True, detail=f"{counts[zone]} nodes are in {zone}")
        groups = sum(zone in each.zones for each in world.facts.groups())
    except (RefusedError, TemporaryError) as error:
        detail = f"no node of this cluster is in {params.zone}, and nothing else is known of it"
        return Verdict(holds=False, detail=f"{detail}: {error.summary}", rows=rows)
    if groups:
        detail = f"no node is in {zone} now, but {groups} groups launch there"
        return Verdict(holds=True, detail=detail)
    detail = f"no node and no group of this cluster is in {zone}"
    return Verdict(holds=False, detail=detail, rows=rows)


CHECK: Check[Params] = Check(
    id="k8s.zone.used",
    summary="The cluster has nodes in the zone, or groups that launch there.",
    params=Params,
    look=look,
    permissions=(
        "k8s:list nodes",
        *needs.of("groups"),
    ),
)
