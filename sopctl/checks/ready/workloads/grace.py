"""``ready.grace``: pods on spot nodes end within the two minutes of a notice.

Source: EC2 user guide, "Spot Instance interruption notices"; kubernetes.io, "Pod Lifecycle",
termination (a preStop hook is part of the grace period).
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import owned, purchase
from sopctl.facts.world import World

_DEFAULT = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*longest*: seconds that a pod may take to end."""

    longest: int = 110


def look(world: World, params: Params) -> Verdict:
    """The workloads that have a pod on a spot node."""
    spot = {each.name for each in world.facts.nodes() if purchase.of(each.labels) == "spot"}
    there = [each for each in world.facts.pods() if each.node in spot and not each.daemon]
    theirs = owned.pods_of(world.facts.templates(), there)
    ours = [each for each in world.facts.templates() if theirs[each.uid]]
    grace = {
        each.name: int(each.spec.get("terminationGracePeriodSeconds", _DEFAULT)) for each in ours
    }
    late = {name: seconds for name, seconds in grace.items() if seconds > params.longest}
    rows = tuple(f"{name} may take {seconds} s to end" for name, seconds in sorted(late.items()))
    detail = f"{len(rows)} of {len(ours)} workloads on spot nodes may outlive the notice"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(spot))


CHECK: Check[Params] = Check(
    id="ready.grace",
    summary="Pods on spot nodes end within the two minutes of a notice.",
    params=Params,
    look=look,
    permissions=(
        "k8s:list nodes",
        "k8s:list pods",
        "k8s:list deployments.apps",
        "k8s:list statefulsets.apps",
    ),
    readiness=Readiness(
        row="WL9",
        severity=Severity.WARNING,
        why="The instance is gone two minutes after its notice, whatever a pod still does.",
        fix="Lower terminationGracePeriodSeconds to 110 or less, or keep the workload off spot.",
    ),
)
