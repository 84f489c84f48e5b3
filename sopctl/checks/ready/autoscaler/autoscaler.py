"""``ready.autoscaler``: the autoscaler has a second replica.

One replica is gone with its zone, and on EKS nobody moves it.
Source: AWS, EKS best practices, "Cluster Autoscaler".
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*least*: ready replicas."""

    least: int = 2


def look(world: World, params: Params) -> Verdict:
    found = world.facts.autoscalers()
    if not found:
        return Verdict(holds=True, detail="no cluster autoscaler runs here", applies=False)
    rows = tuple(
        f"{each.namespace}/{each.name} has {each.ready} of {each.replicas} replicas ready"
        for each in found
        if min(each.replicas, each.ready) < params.least
    )
    detail = "an autoscaler would be lost with its zone" if rows else "each has a second replica"
    return Verdict(holds=not rows, detail=detail, rows=rows)


CHECK: Check[Params] = Check(
    id="ready.autoscaler",
    summary="The autoscaler has a second replica.",
    params=Params,
    look=look,
    permissions=("k8s:list deployments.apps",),
    readiness=Readiness(
        row="CA3",
        severity=Severity.CRITICAL,
        why="An autoscaler that died with the zone replaces nothing.",
        fix="kubectl -n kube-system scale deployment cluster-autoscaler --replicas 2",
    ),
)
