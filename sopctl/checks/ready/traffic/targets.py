"""``ready.targets``: each target group has healthy targets in two zones or more.

Source: ELB user guide, "Target groups"; ARC developer guide, zonal shift (a zone is only shifted
away from where others have healthy targets).
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import targets
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*least*: zones with a healthy target."""

    least: int = 2


def look(world: World, params: Params) -> Verdict:
    zone_of = {each.instance: each.zone for each in world.facts.nodes() if each.instance}
    found = targets.read(world.aws, world.facts.balancers())
    rows = []
    for each in found:
        zones = {one.zone or zone_of.get(one.id, "") for one in each.healthy} - {""}
        if len(zones) < params.least:
            where = ", ".join(sorted(zones)) or "no zone"
            rows.append(f"target group {each.name} has healthy targets in {where}")
    detail = f"{len(rows)} of {len(found)} target groups depend on one zone"
    return Verdict(holds=not rows, detail=detail, rows=tuple(rows), applies=bool(found))


CHECK: Check[Params] = Check(
    id="ready.targets",
    summary="Each target group has healthy targets in two zones or more.",
    params=Params,
    look=look,
    permissions=(
        "k8s:list nodes",
        "k8s:list deployments.apps",
        "ec2:DescribeLaunchTemplateVersions",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetHealth",
        "elasticloadbalancing:DescribeTags",
        "autoscaling:DescribeAutoScalingGroups",
        "k8s:list targetgroupbindings.elbv2.k8s.aws",
    ),
    readiness=Readiness(
        row="TR3",
        severity=Severity.CRITICAL,
        why="Traffic cannot be shifted away from the only zone that answers.",
        fix="Run ready pods of the service in another zone, and register them.",
    ),
)
