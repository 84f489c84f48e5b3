"""``ready.handled``: somebody drains every spot node when its instance is taken back.

Source: EC2 user guide, "Spot Instance interruption notices" (two minutes); EKS user guide, "Managed
node groups" (capacity type spot); karpenter.sh, "Interruption"; aws-node-termination-handler.
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
    left = [name for name, each in found.items() if not each]
    who = Counter(one for each in found.values() for one in each)
    named = ", ".join(f"{count} by {name}" for name, count in sorted(who.items())) or "none"
    detail = f"{len(found) - len(left)} of {len(found)} spot nodes are drained when they are lost"
    rows = tuple(f"nobody drains {name}" for name in sorted(left))
    return Verdict(holds=not left, detail=f"{detail}: {named}", rows=rows, applies=bool(found))


CHECK: Check[Params] = Check(
    id="ready.handled",
    summary="Somebody drains every spot node when its instance is taken back.",
    params=Params,
    look=look,
    permissions=needs.of("groups", "handlers", "nodes", "pods"),
    readiness=Readiness(
        row="SP6",
        severity=Severity.CRITICAL,
        why="Two minutes after a notice the instance is gone, with the pods that nobody moved.",
        fix="Install aws-node-termination-handler for nodes outside of EKS's groups and Karpenter.",
    ),
)
