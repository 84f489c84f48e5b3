"""``ready.rebalancing``: groups over several zones do not move instances by themselves.

AZRebalance terminates instances of one zone to launch them in another, past budgets and past the
autoscaler. Source: Auto Scaling user guide, "Rebalancing"; EKS best practices, cluster autoscaler.
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.world import World

_PROCESS = "AZRebalance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    over = [each for each in world.facts.groups() if len(each.zones) > 1 and not each.managed]
    rows = tuple(
        f"{each.name} is over {len(each.zones)} zones, and rebalances them"
        for each in over
        if _PROCESS not in each.suspended
    )
    detail = f"{len(rows)} of {len(over)} groups over several zones rebalance them by themselves"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(over))


CHECK: Check[Params] = Check(
    id="ready.rebalancing",
    summary="Groups over several zones do not move instances by themselves.",
    params=Params,
    look=look,
    permissions=(
        "autoscaling:DescribeAutoScalingGroups",
        "ec2:DescribeLaunchTemplateVersions",
        "k8s:list deployments.apps",
    ),
    readiness=Readiness(
        row="CA10",
        severity=Severity.WARNING,
        why="When a zone is back, instances with running pods are terminated to fill it.",
        fix="aws autoscaling suspend-processes --scaling-processes AZRebalance "
        "--auto-scaling-group-name NAME",
    ),
)
