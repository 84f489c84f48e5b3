"""``ready.skew``: replicas really run where spread wants them: no zone has more than its share.

Nothing spreads pods again by itself: after a failure, a deployment or a scale-down they may all be
in one zone. Source: kubernetes.io, "Pod Topology Spread Constraints", known limitations.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import owned
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*more*: how many above its equal share a zone may have."""

    more: int = 1
    except_namespaces: tuple[str, ...] = ("kube-system",)


def look(world: World, params: Params) -> Verdict:
    zone_of = {each.name: each.zone for each in world.facts.nodes() if each.zone}
    zones = len(set(zone_of.values()))
    placed = [each for each in world.facts.pods() if each.node in zone_of and not each.finished]
    ours = [
        each
        for each in world.facts.templates()
        if each.replicas > 1 and each.namespace not in params.except_namespaces
    ]
    theirs = owned.pods_of(ours, placed)
    rows = []
    for each in sorted(ours, key=lambda one: one.name):
        counts = Counter(zone_of[one.node] for one in theirs[each.uid])
        zone, most = max(counts.items(), key=lambda row: row[1], default=("", 0))
        if most > ceil(each.replicas / zones) + params.more:
            rows.append(f"{each.name} has {most} of {each.replicas} in {zone}")
    detail = f"{len(rows)} of {len(ours)} workloads have too much in one zone"
    return Verdict(
        holds=not rows, detail=detail, rows=tuple(rows), applies=bool(ours) and zones > 1
    )


CHECK: Check[Params] = Check(
    id="ready.skew",
    summary="No zone has more than its share of a workload.",
    params=Params,
    look=look,
    permissions=(
        "k8s:list nodes",
        "k8s:list pods",
        "k8s:list deployments.apps",
        "k8s:list statefulsets.apps",
    ),
    readiness=Readiness(
        row="WL6",
        severity=Severity.WARNING,
        why="Whatever the constraints say, the zone that fails takes the pods that are in it.",
        fix="A runbook with k8s.spread.restore, or the descheduler, which look at all workloads.",
    ),
)
