"""``ready.probes``: every container of a workload has a readiness probe.

Without one a pod counts as ready as soon as it runs: an evacuation goes on before it can serve.
Source: kubernetes.io, "Configure Liveness, Readiness and Startup Probes".
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*except_namespaces* are not looked at."""

    except_namespaces: tuple[str, ...] = ("kube-system",)


def look(world: World, params: Params) -> Verdict:
    """One container with a probe is enough: the pod waits for it."""
    ours = [e for e in world.facts.templates() if e.namespace not in params.except_namespaces]
    bare = sorted(
        each.name
        for each in ours
        if not any("readinessProbe" in one for one in each.spec.get("containers") or ())
    )
    detail = f"{len(bare)} of {len(ours)} workloads have no readiness probe"
    rows = tuple(f"{name} has no readiness probe" for name in bare)
    return Verdict(holds=not bare, detail=detail, rows=rows, applies=bool(ours))


CHECK: Check[Params] = Check(
    id="ready.probes",
    summary="Every workload has a readiness probe.",
    params=Params,
    look=look,
    permissions=("k8s:list deployments.apps", "k8s:list statefulsets.apps"),
    readiness=Readiness(
        row="WL12",
        severity=Severity.WARNING,
        why="A pod without a probe counts as ready before it serves, so nothing waits for it.",
        fix="Add a readinessProbe to the container that serves.",
    ),
)
