"""``ready.budgets``: every workload with two replicas or more has a disruption budget.

Source: kubernetes.io, "Specifying a Disruption Budget for your Application".
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.objects import meta
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*except_namespaces* are not looked at."""

    except_namespaces: tuple[str, ...] = ()


def look(world: World, params: Params) -> Verdict:
    budgets = world.facts.pdbs()
    many = [
        each
        for each in world.facts.templates()
        if each.replicas > 1 and each.namespace not in params.except_namespaces
    ]
    bare = [
        each.name
        for each in many
        if not any(
            one.namespace == each.namespace
            and meta.selects(one.selector, meta.labels({"metadata": {}, **each.template}))
            for one in budgets
        )
    ]
    detail = f"{len(bare)} of {len(many)} workloads have no disruption budget"
    rows = tuple(f"{name} has no PodDisruptionBudget" for name in sorted(bare))
    return Verdict(holds=not bare, detail=detail, rows=rows)


CHECK: Check[Params] = Check(
    id="ready.budgets",
    summary="Every workload with two replicas or more has a disruption budget.",
    params=Params,
    look=look,
    permissions=(
        "k8s:list poddisruptionbudgets.policy",
        "k8s:list deployments.apps",
        "k8s:list statefulsets.apps",
    ),
    readiness=Readiness(
        row="WL1",
        severity=Severity.WARNING,
        why="Without a budget an evacuation takes all replicas at once.",
        fix="kubectl create poddisruptionbudget NAME --selector app=NAME --max-unavailable 1",
    ),
)
