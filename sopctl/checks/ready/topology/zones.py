"""``ready.zones``: the cluster has ready nodes in three zones at least.

With two, the loss of one makes half of the nodes unready, and the cluster autoscaler stops to
scale anything above 45 %.
Source: kubernetes/autoscaler, clusterstate.go, IsClusterHealthy.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*least*: zones with ready nodes."""

    least: int = 3


def look(world: World, params: Params) -> Verdict:
    ready = (each for each in world.facts.nodes() if each.ready and not each.unschedulable)
    counts = Counter(each.zone for each in ready if each.zone)
    rows = tuple(f"{zone} has {counts[zone]} ready nodes" for zone in sorted(counts))
    detail = f"ready nodes are in {len(counts)} zones"
    return Verdict(holds=len(counts) >= params.least, detail=detail, rows=rows)


CHECK: Check[Params] = Check(
    id="ready.zones",
    summary="The cluster has ready nodes in three zones at least.",
    params=Params,
    look=look,
    permissions=("k8s:list nodes",),
    readiness=Readiness(
        row="TOP1",
        severity=Severity.CRITICAL,
        why="With two zones one failure makes half of the nodes unready: autoscaling stops.",
        fix="Add a group in a third zone.",
    ),
)
