"""``k8s.autoscaler.goes_on``: the autoscaler will not halt when a zone is lost.

With more than 45 percent of all nodes unready, and more than three, it grows and shrinks nothing
anywhere until fewer are. Source: kubernetes/autoscaler, clusterstate.go ``IsClusterHealthy``
(``ok-total-unready-count``, ``max-total-unready-percentage``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sopctl.core.check import Check, Verdict
from sopctl.facts import needs
from sopctl.facts.autoscaler import Autoscaler
from sopctl.facts.objects import node
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*zone*: the name or id of the one that is lost, whose nodes count as unready."""

    zone: str


def look(world: World, params: Params) -> Verdict:
    """Nodes that are unready already count, wherever they are."""
    nodes = world.facts.nodes()
    zone = node.zone_name(params.zone, nodes, lambda: world.facts.zone(params.zone).name)
    unready = [each for each in nodes if each.zone == zone or not each.ready]
    percent = 100 * len(unready) / len(nodes) if nodes else 0.0
    rows = tuple(
        row
        for each in world.facts.autoscalers()
        if percent > each.max_total_unready_percentage
        and len(unready) > each.ok_total_unready_count
        for row in _remedies(each)
    )
    told = f"without {zone} {len(unready)} of {len(nodes)} nodes are unready, {percent:.0f} %"
    applies = bool(world.facts.autoscalers())
    return Verdict(holds=not rows, detail=told, rows=rows, applies=applies)


def _remedies(autoscaler: Autoscaler) -> Iterator[str]:
    limit = f"{autoscaler.max_total_unready_percentage:g} %"
    yield f"{autoscaler.name} halts above {limit}: nothing grows until fewer nodes are unready"
    yield "delete the nodes of machines that stopped: az-failure --free-volumes does, with proof"
    yield f"or restart it with --max-total-unready-percentage={100}"


CHECK: Check[Params] = Check(
    id="k8s.autoscaler.goes_on",
    summary="The autoscaler will not halt when the zone is lost.",
    params=Params,
    look=look,
    permissions=needs.together([needs.of("autoscaler", "nodes"), needs.of("zones")]),
)
