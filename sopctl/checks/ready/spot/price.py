"""``ready.price``: no group has a highest price for spot.

Source: EC2 user guide, "Spot Instance pricing" (with a maximum price instances are interrupted more
often; without one it is the price on demand).
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import needs
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    spot = [each for each in world.facts.groups() if each.spot or each.mixed]
    capped = {e.name: str(e.distribution["SpotMaxPrice"]) for e in spot if _capped(e.distribution)}
    rows = tuple(f"{name} pays {price} USD an hour at most" for name, price in capped.items())
    detail = f"{len(rows)} of {len(spot)} groups that buy spot have a highest price"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(spot))


def _capped(distribution: object) -> bool:
    return isinstance(distribution, dict) and bool(distribution.get("SpotMaxPrice"))


CHECK: Check[Params] = Check(
    id="ready.price",
    summary="No group has a highest price for spot.",
    params=Params,
    look=look,
    permissions=needs.of("groups"),
    readiness=Readiness(
        row="SP4",
        severity=Severity.WARNING,
        why="A highest price adds interruptions, and saves nothing: spot never costs more than "
        "on demand.",
        fix='Set SpotMaxPrice of the groups that are listed to "".',
    ),
)
