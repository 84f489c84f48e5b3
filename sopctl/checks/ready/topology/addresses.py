"""``ready.addresses``: the other zones have addresses for what the largest zone runs.

With the VPC CNI each pod takes an address of its node's subnet. Source: EKS best practices,
"Networking", IP address exhaustion; EC2 API reference, DescribeSubnets.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import needs, subnets
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    """Addresses of its pods and nodes, shared by the other zones alike."""
    groups = world.facts.groups()
    found = subnets.read(world.aws, {one for each in groups for one in each.subnets.split(",")})
    free: Counter[str] = Counter()
    for each in found:
        free[each.zone] += each.free
    zone_of = {each.name: each.zone for each in world.facts.nodes() if each.zone}
    taken = Counter(zone_of.values())
    taken.update(zone_of[each.node] for each in world.facts.pods() if each.node in zone_of)
    lost, most = max(taken.items(), key=lambda row: row[1], default=("", 0))
    others = sorted(set(free) - {lost})
    if not others:
        return Verdict(holds=True, detail="there is no other zone", applies=False)
    share = ceil(most / len(others))
    rows = tuple(
        f"{zone} has {free[zone]} free addresses, and would need {share}"
        for zone in others
        if free[zone] < share
    )
    detail = (
        f"{lost} has {most} addresses in use, {', '.join(f'{z} {free[z]}' for z in others)} free"
    )
    return Verdict(holds=not rows, detail=detail, rows=rows)


CHECK: Check[Params] = Check(
    id="ready.addresses",
    summary="The other zones have addresses for what the largest zone runs.",
    params=Params,
    look=look,
    permissions=(*needs.of("groups", "nodes", "pods"), "ec2:DescribeSubnets"),
    readiness=Readiness(
        row="TOP4",
        severity=Severity.WARNING,
        why="Without an address a pod stays in ContainerCreating on a node that is ready.",
        fix="Give the groups larger subnets, or use prefixes or custom networking of the VPC CNI.",
    ),
)
