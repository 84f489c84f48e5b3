"""``ready.spanning``: one group for each zone, or a managed one that can be shifted.

The autoscaler cannot say in which zone a group over several of them launches, nor can one of its
zones be taken away from it by a tag. Source: kubernetes/autoscaler, cloudprovider/aws/README.md,
"Common Notes and Gotchas"; EKS user guide, "Zonal shift"; Ctrip, 2.3 and 2.4.4.
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    groups = world.facts.groups()
    over = [each for each in groups if len(each.zones) > 1]
    cluster = world.facts.eks() if any(each.managed for each in over) else None
    shifts = cluster is not None and cluster.zonal_shift
    rows = tuple(
        f"{each.name} is over {', '.join(each.zones)}"
        for each in over
        if not (each.managed and shifts)
    )
    detail = f"{len(rows)} of {len(groups)} groups cannot be taken out of one zone at once"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(groups))


CHECK: Check[Params] = Check(
    id="ready.spanning",
    summary="One group for each zone, or a managed one that can be shifted.",
    params=Params,
    look=look,
    permissions=(
        "autoscaling:DescribeAutoScalingGroups",
        "ec2:DescribeLaunchTemplateVersions",
        "eks:DescribeCluster",
        "k8s:list deployments.apps",
    ),
    readiness=Readiness(
        row="TOP3",
        severity=Severity.WARNING,
        why="A group over several zones goes on launching in the one that failed.",
        fix="Make a group for each zone; for managed ones, enable zonal shift of the cluster.",
    ),
)
