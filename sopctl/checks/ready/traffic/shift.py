"""``ready.shift``: the cluster and its load balancers can be shifted away from a zone.

A zonal shift is the one step that needs no control plane; it has to be enabled before.
Source: ARC developer guide, "Supported resources".
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import shifts
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    cluster, balancers = world.facts.eks(), world.facts.balancers()
    if cluster is None and not balancers:
        detail = "there is neither a cluster of EKS nor a load balancer"
        return Verdict(holds=True, detail=detail, applies=False)
    known = shifts.read(world.aws)
    rows = [
        f"load balancer {each.name} cannot be shifted"
        for each in balancers
        if each.arn not in known
    ]
    rows += (
        [f"cluster {cluster.name} cannot be shifted"] if cluster and not cluster.zonal_shift else []
    )
    total = len(balancers) + bool(cluster)
    detail = f"{total - len(rows)} of {total} can be shifted away from a zone"
    return Verdict(holds=not rows, detail=detail, rows=tuple(rows))


CHECK: Check[Params] = Check(
    id="ready.shift",
    summary="The cluster and its load balancers can be shifted away from a zone.",
    params=Params,
    look=look,
    permissions=(
        "arc-zonal-shift:ListManagedResources",
        "eks:DescribeCluster",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTags",
        "elasticloadbalancing:DescribeTargetGroups",
        "autoscaling:DescribeAutoScalingGroups",
        "ec2:DescribeLaunchTemplateVersions",
        "k8s:list deployments.apps",
        "k8s:list targetgroupbindings.elbv2.k8s.aws",
    ),
    readiness=Readiness(
        row="TR1, TR2",
        severity=Severity.WARNING,
        why="A zonal shift needs no control plane of AWS, and has to be enabled before.",
        fix="Set zonal_shift.config.enabled of load balancers, zonalShiftConfig of the cluster.",
    ),
)
