"""``ready.once``: no spot node is drained by two.

Two that drain the same node make and delete pods twice, and one of them may end an instance that
the other is still draining. Source: EKS user guide, "Managed node groups" (a termination handler is
not needed); karpenter.sh, "Interruption" (do not run it next to a termination handler).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import handlers, needs
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    facts = world.facts
    found = handlers.of_spot_nodes(facts.handlers(), facts.nodes(), facts.pods(), facts.groups())
    twice = Counter(each for each in found.values() if len(each) > 1)
    rows = tuple(f"{' and '.join(who)} drain {count} nodes" for who, count in sorted(twice.items()))
    detail = f"{sum(twice.values())} of {len(found)} spot nodes are drained by two"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=any(found.values()))


CHECK: Check[Params] = Check(
    id="ready.once",
    summary="No spot node is drained by two.",
    params=Params,
    look=look,
    permissions=needs.of("groups", "handlers", "nodes", "pods"),
    readiness=Readiness(
        row="SP6",
        severity=Severity.WARNING,
        why="Two that act on one notice get into each other's way in its two minutes.",
        fix="Keep aws-node-termination-handler off nodes of EKS's groups and of Karpenter.",
    ),
)
