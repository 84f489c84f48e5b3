"""``k8s.nodes.ready``: the nodes of a zone answer."""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Verdict
from sopctl.facts.objects import node
from sopctl.facts.world import World
from sopctl.providers.k8s_paths import collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone* (name or id) empty is all zones; *fraction* of the nodes, above 0 and at most 1."""

    zone: str = ""
    fraction: float = 1.0


def look(world: World, params: Params) -> Verdict:
    """A zone without nodes is not ready: nothing shows that one could run there."""
    nodes = world.k8s.each(collection("k8s.node"), node.read)
    where = ""
    if params.zone:
        zone = node.zone_name(params.zone, nodes, lambda: world.facts.zone(params.zone).name)
        nodes = [each for each in nodes if each.zone == zone]
        where = f" in {zone}"
    ready = sum(each.ready for each in nodes)
    rows = tuple(f"{each.name} is not ready" for each in nodes if not each.ready)
    holds = bool(nodes) and ready >= params.fraction * len(nodes)
    return Verdict(holds, f"{ready} of {len(nodes)} nodes{where} are ready", rows)


CHECK: Check[Params] = Check(
    id="k8s.nodes.ready",
    summary="The nodes of a zone are ready, or a fraction of them.",
    params=Params,
    look=look,
    permissions=("k8s:list nodes",),
)
