"""``ready.warnings``: interruption warnings go somewhere.

Without a rule that catches them nobody sees how often spot is taken back, nor a surge of it.
Source: EC2 user guide, "Spot Instance interruption notices" (EventBridge); Ctrip, 2.5.
"""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import needs, notices, purchase
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    buys = any(each.spot or each.mixed for each in world.facts.groups()) or any(
        purchase.of(each.labels) == "spot" for each in world.facts.nodes()
    )
    rules = notices.read(world.aws, [notices.INTERRUPTION]) if buys else ()
    live = [each for each in rules if each.enabled and each.targets]
    dead = [each for each in rules if each not in live]
    rows = tuple(
        f"rule {each.name} {'has no target' if each.enabled else 'is disabled'}" for each in dead
    )
    named = ", ".join(f"{each.name} ({len(each.targets)} targets)" for each in live)
    detail = f"interruption warnings are caught by {named or 'no rule'}"
    return Verdict(holds=bool(live), detail=detail, rows=rows, applies=buys)


CHECK: Check[Params] = Check(
    id="ready.warnings",
    summary="Interruption warnings of spot instances go somewhere.",
    params=Params,
    look=look,
    permissions=(
        *needs.of("groups", "nodes"),
        "events:ListRules",
        "events:ListTargetsByRule",
    ),
    readiness=Readiness(
        row="SP10",
        severity=Severity.WARNING,
        why="A surge that nobody records is noticed when capacity is gone.",
        fix="Make a rule for the detail-type EC2 Spot Instance Interruption Warning, with a target "
        "that keeps events.",
    ),
)
