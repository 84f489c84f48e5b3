"""``ready.quotas``: the account may run as many vCPUs again as the largest zone has.

While a zone is lost its instances still count: what replaces them comes on top.
Source: EC2 user guide, "On-Demand Instance quotas" and "Spot Instance limits".
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import needs, purchase, quotas, sizes
from sopctl.facts.world import World

_TYPE = "node.kubernetes.io/instance-type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*others*: vCPUs that the account runs besides this cluster, of each kind of purchase."""

    others: int = 0


def look(world: World, params: Params) -> Verdict:
    """By the nodes of this cluster; what else the account runs is not seen.

    Spot may fail altogether, so that the largest zone may have to be bought on demand as a whole.
    """
    nodes = [
        each for each in world.facts.nodes() if each.labels.get(_TYPE, "")[:1] in quotas.STANDARD
    ]
    known = sizes.read(world.aws, {each.labels[_TYPE] for each in nodes})
    running: Counter[str] = Counter()
    by_zone: Counter[str] = Counter()
    for each in nodes:
        size = known.get(each.labels[_TYPE])
        vcpus = size.vcpus if size else 0
        by_zone[each.zone] += vcpus
        running["spot" if purchase.of(each.labels) == "spot" else "on-demand"] += vcpus
    if not nodes:
        return Verdict(holds=True, detail="no node says its type", applies=False)
    zone, most = max(by_zone.items(), key=lambda row: row[1])
    allowed = quotas.read(world.aws)["on-demand"]
    needed = running["on-demand"] + params.others + most
    rows = (
        f"on demand: {running['on-demand']} running, {most} more for {zone}, {allowed} allowed",
    )
    detail = f"{needed} vCPUs on demand with {zone} replaced, {allowed} allowed"
    holds = needed <= allowed
    return Verdict(holds=holds, detail=detail, rows=() if holds else rows)


CHECK: Check[Params] = Check(
    id="ready.quotas",
    summary="The account may run as many vCPUs again as the largest zone has.",
    params=Params,
    look=look,
    permissions=(
        *needs.of("nodes"),
        "ec2:DescribeInstanceTypes",
        "servicequotas:GetServiceQuota",
    ),
    readiness=Readiness(
        row="TOP5",
        severity=Severity.CRITICAL,
        why="Above the quota every launch fails, in every zone (VcpuLimitExceeded).",
        fix="aws service-quotas request-service-quota-increase --service-code ec2 "
        "--quota-code L-1216C47A --desired-value N",
    ),
)
