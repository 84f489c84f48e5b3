"""``ready.pools``: spot is bought from six pools or more, each group from two types or more.

A pool is a type in a zone; what is bought from few of them is taken back all at once.
Source: EC2 user guide, "Best practices for Amazon EC2 Spot" (be flexible about instance types and
Availability Zones); Ctrip, 2.3.
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import needs
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*pools* of all groups together, and *types* of each."""

    pools: int = 6
    types: int = 2


def look(world: World, params: Params) -> Verdict:
    """Groups whose types are chosen by attributes name none: they are flexible enough."""
    spot = [each for each in world.facts.groups() if each.spot or each.mixed]
    named = [each for each in spot if each.types]
    pools = {(kind, zone) for each in named for kind in each.types for zone in each.zones}
    rows = [
        f"{each.name} buys {', '.join(each.types)} only"
        for each in named
        if len(each.types) < params.types
    ]
    if len(pools) < params.pools and len(named) == len(spot):
        rows.insert(0, f"all together buy from {len(pools)} pools")
    detail = f"{len(spot)} groups buy spot, from {len(pools)} pools that they name"
    return Verdict(holds=not rows, detail=detail, rows=tuple(rows), applies=bool(spot))


CHECK: Check[Params] = Check(
    id="ready.pools",
    summary="Spot is bought from six pools or more, each group from two types or more.",
    params=Params,
    look=look,
    permissions=needs.of("groups"),
    readiness=Readiness(
        row="SP1",
        severity=Severity.WARNING,
        why="What is bought from few pools is taken back all at once.",
        fix="Add types of the same size to the overrides of the groups that are listed.",
    ),
)
