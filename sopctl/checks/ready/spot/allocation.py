"""``ready.allocation``: spot is bought where there is most of it, not where it is cheapest.

Source: Auto Scaling user guide, "Allocation strategies for multiple instance types" (lowest-price
has the highest risk of interruption, and is what the API takes when nothing is said).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import needs
from sopctl.facts.world import World

_DEFAULT: Final = "lowest-price"


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """*good*: the strategies that look at how much there is."""

    good: tuple[str, ...] = (
        "price-capacity-optimized",
        "capacity-optimized",
        "capacity-optimized-prioritized",
    )


def look(world: World, params: Params) -> Verdict:
    """Of groups with a distribution; others buy one type, and have no strategy."""
    ours = [e for e in world.facts.groups() if (e.spot or e.mixed) and e.distribution]
    strategies = {
        each.name: str(each.distribution.get("SpotAllocationStrategy") or _DEFAULT) for each in ours
    }
    bad = {name: each for name, each in strategies.items() if each not in params.good}
    rows = tuple(f"{name} has {each}" for name, each in sorted(bad.items()))
    detail = f"{len(bad)} of {len(ours)} groups buy spot without looking at how much there is"
    return Verdict(holds=not bad, detail=detail, rows=rows, applies=bool(ours))


CHECK: Check[Params] = Check(
    id="ready.allocation",
    summary="Spot is bought where there is most of it.",
    params=Params,
    look=look,
    permissions=needs.of("groups"),
    readiness=Readiness(
        row="SP3",
        severity=Severity.WARNING,
        why="The cheapest pools are those that are taken back first.",
        fix="Set SpotAllocationStrategy of the groups to price-capacity-optimized.",
    ),
)
