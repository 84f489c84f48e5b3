"""``ready.audit``: the control plane keeps its audit log.

Source: EKS user guide, "Send control plane logs to CloudWatch Logs".
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    cluster = world.facts.eks()
    if cluster is None:
        return Verdict(holds=True, detail="this is no cluster of EKS", applies=False)
    kept = ", ".join(cluster.logs) or "none"
    return Verdict(
        holds="audit" in cluster.logs, detail=f"control plane logs that are kept: {kept}"
    )


CHECK: Check[Params] = Check(
    id="ready.audit",
    summary="The control plane keeps its audit log.",
    params=Params,
    look=look,
    permissions=("eks:DescribeCluster",),
    readiness=Readiness(
        row="CC6",
        severity=Severity.INFO,
        why="Who else changed something can only be found in the audit log.",
        fix="aws eks update-cluster-config --name CLUSTER --logging with audit enabled",
    ),
)
