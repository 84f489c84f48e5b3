"""``ready.single``: no workload has a single replica.

Source: AWS, EKS best practices, "Reliability", applications.
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.objects import workload
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*except_namespaces* are not looked at."""

    except_namespaces: tuple[str, ...] = ()


def look(world: World, params: Params) -> Verdict:
    everyone = [
        each
        for each in workload.of_cluster(world.k8s)
        if each.replicas and each.namespace not in params.except_namespaces
    ]
    alone = sorted(each.name for each in everyone if each.replicas == 1)
    detail = f"{len(alone)} of {len(everyone)} workloads have a single replica"
    rows = tuple(f"{name} has a single replica" for name in alone)
    return Verdict(holds=not alone, detail=detail, rows=rows)


CHECK: Check[Params] = Check(
    id="ready.single",
    summary="No workload has a single replica.",
    params=Params,
    look=look,
    permissions=("k8s:list deployments.apps", "k8s:list statefulsets.apps"),
    readiness=Readiness(
        row="WL7",
        severity=Severity.WARNING,
        why="A single replica is gone with its zone until somebody moves it.",
        fix="kubectl scale deployment NAME --replicas 2",
    ),
)
