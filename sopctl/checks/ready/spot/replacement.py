"""``ready.replacement``: who replaces spot instances at risk also gets their nodes empty.

With capacity rebalancing a group terminates an instance as soon as another one runs, whatever runs
on it, unless somebody drains the node on the recommendation.
Source: Auto Scaling user guide, "Capacity Rebalancing"; aws-node-termination-handler, README.
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import needs
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    """EKS drains the nodes of its managed groups itself."""
    ours = [each for each in world.facts.groups() if each.rebalances_capacity]
    alone = [each for each in ours if not each.managed]
    handled = not alone or bool(world.facts.handlers())
    rows = () if handled else tuple(f"{each.name} replaces instances at risk" for each in alone)
    detail = f"{len(ours)} groups replace spot instances at risk"
    detail += "" if handled else ", and nobody drains their nodes"
    return Verdict(holds=handled, detail=detail, rows=rows, applies=bool(ours))


CHECK: Check[Params] = Check(
    id="ready.replacement",
    summary="Who replaces spot instances at risk also gets their nodes empty.",
    params=Params,
    look=look,
    permissions=(*needs.of("groups"), "k8s:list daemonsets.apps"),
    readiness=Readiness(
        row="SP5",
        severity=Severity.WARNING,
        why="A group ends the instance it replaced, with the pods on it.",
        fix="Install aws-node-termination-handler with its queue, or turn CapacityRebalance off.",
    ),
)
