"""``ready.requests``: every container asks for processors and memory.

What asks for nothing fits everywhere on paper: the autoscaler adds no node for it, and the sums of
capacity are wrong. Source: kubernetes/autoscaler FAQ, "How does scale-up work?".
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.objects.workload import Workload
from sopctl.facts.world import World

_ASKED = ("cpu", "memory")


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*except_namespaces* are not looked at."""

    except_namespaces: tuple[str, ...] = ("kube-system",)


def look(world: World, params: Params) -> Verdict:
    ours = [e for e in world.facts.templates() if e.namespace not in params.except_namespaces]
    rows = tuple(
        f"{each.name} asks for no {' and no '.join(missing)}"
        for each in sorted(ours, key=lambda one: one.name)
        if (missing := _missing(each))
    )
    detail = f"{len(rows)} of {len(ours)} workloads ask for less than they use"
    detail = detail if rows else f"all {len(ours)} workloads say what they need"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(ours))


def _missing(workload: Workload) -> list[str]:
    asked = [
        set((each.get("resources") or {}).get("requests") or {})
        for each in workload.spec.get("containers") or ()
    ]
    return [name for name in _ASKED if any(name not in each for each in asked)]


CHECK: Check[Params] = Check(
    id="ready.requests",
    summary="Every container asks for processors and memory.",
    params=Params,
    look=look,
    permissions=("k8s:list deployments.apps", "k8s:list statefulsets.apps"),
    readiness=Readiness(
        row="WL10",
        severity=Severity.WARNING,
        why="Room that nobody asked for is not counted, and no node is added for it.",
        fix="Set resources.requests of the containers that are listed.",
    ),
)
