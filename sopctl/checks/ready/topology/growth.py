"""``ready.growth``: the groups of the other zones may grow by what the largest zone has.

Source: kubernetes/autoscaler FAQ (a group is never grown beyond its maximum); Ctrip, 2.4.4.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    groups = [each for each in world.facts.groups() if each.max]
    if not groups:
        return Verdict(holds=True, detail="there is no group", applies=False)
    wanted: Counter[str] = Counter()
    room: Counter[str] = Counter()
    for each in groups:
        for zone in each.zones:
            wanted[zone] += each.desired // len(each.zones)
            room[zone] += (each.max - each.desired) // len(each.zones)
    elsewhere = {zone: sum(room.values()) - room[zone] for zone in wanted}
    short = [
        f"{zone} has {lost} instances, the other zones may grow by {elsewhere[zone]}"
        for zone, lost in sorted(wanted.items())
        if lost > elsewhere[zone]
    ]
    detail = f"{len(short)} zones could not be replaced" if short else "any zone can be replaced"
    return Verdict(holds=not short, detail=detail, rows=tuple(short))


CHECK: Check[Params] = Check(
    id="ready.growth",
    summary="The groups of the other zones may grow by what any zone has.",
    params=Params,
    look=look,
    permissions=(
        "autoscaling:DescribeAutoScalingGroups",
        "ec2:DescribeLaunchTemplateVersions",
        "k8s:list deployments.apps",
    ),
    readiness=Readiness(
        row="TOP6",
        severity=Severity.CRITICAL,
        why="A maximum that is reached keeps pods pending, whatever is relaxed.",
        fix="Raise the maxima of the groups that are listed.",
    ),
)
