"""``ready.balance``: no zone has half as many nodes again as another.

What a zone has more than its share is what the others lack when it fails.
Source: AWS, EKS best practices, "Reliability", data plane.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*ratio*: the fullest zone to the emptiest."""

    ratio: float = 1.5


def look(world: World, params: Params) -> Verdict:
    counts = Counter(each.zone for each in world.facts.nodes() if each.ready and each.zone)
    if len(counts) < 2:  # noqa: PLR2004  # one zone is balanced with nothing
        return Verdict(holds=True, detail="there is one zone only", applies=False)
    most, least = max(counts.values()), min(counts.values())
    rows = tuple(f"{zone} has {counts[zone]} ready nodes" for zone in sorted(counts))
    detail = f"the fullest zone has {most} nodes, the emptiest {least}"
    return Verdict(holds=most <= params.ratio * least, detail=detail, rows=rows)


CHECK: Check[Params] = Check(
    id="ready.balance",
    summary="No zone has half as many nodes again as another.",
    params=Params,
    look=look,
    permissions=("k8s:list nodes",),
    readiness=Readiness(
        row="TOP2",
        severity=Severity.WARNING,
        why="What one zone has more than its share is missing when it fails.",
        fix="Balance the groups: --balance-similar-node-groups, or equal minima.",
    ),
)
