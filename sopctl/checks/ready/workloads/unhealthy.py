"""``ready.unhealthy``: budgets let pods go that are not healthy anyway.

The unready pods of a dead zone use up the very budget that their eviction needs.
Source: kubernetes.io, "Unhealthy Pod Eviction Policy" (KEP-3017).
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.objects import pdb
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    budgets = world.k8s.each(pdb.PATH, pdb.read)
    if not budgets:
        return Verdict(holds=True, detail="there is no disruption budget", applies=False)
    strict = sorted(each.full_name for each in budgets if not each.always_allow_unhealthy)
    detail = f"{len(strict)} of {len(budgets)} budgets hold unhealthy pods back"
    rows = tuple(f"{name} has no unhealthyPodEvictionPolicy: AlwaysAllow" for name in strict)
    return Verdict(holds=not strict, detail=detail, rows=rows)


CHECK: Check[Params] = Check(
    id="ready.unhealthy",
    summary="Budgets let pods go that are not healthy anyway.",
    params=Params,
    look=look,
    permissions=("k8s:list poddisruptionbudgets.policy",),
    readiness=Readiness(
        row="WL4",
        severity=Severity.WARNING,
        why="The unready pods of a dead zone use up the budget that their own eviction needs.",
        fix="Set spec.unhealthyPodEvictionPolicy: AlwaysAllow in each budget.",
    ),
)
