"""``ready.marked``: nodes of a group say the same about how they were bought.

A mixed group buys both: its nodes may differ in what they say, not in their taints.
Source: kubernetes/autoscaler, cluster-autoscaler/FAQ.md, "What is a node group?" (all nodes of a
group have the same labels and taints).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sopctl.core.check import Check, Readiness, Severity, Verdict
from sopctl.facts import needs, purchase
from sopctl.facts.groups import Group
from sopctl.facts.objects.node import Node
from sopctl.facts.world import World

# Those that Kubernetes, autoscalers and runbooks put on single nodes for a while.
_PASSING: Final = (
    "node.kubernetes.io/",
    "node.cloudprovider.kubernetes.io/",
    "ToBeDeletedByClusterAutoscaler",
    "DeletionCandidateOfClusterAutoscaler",
    "aws-node-termination-handler/",
    "karpenter.sh/",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """There is nothing to choose."""


def look(world: World, params: Params) -> Verdict:
    of = {one.id: each.name for each in world.facts.groups() for one in each.instances}
    nodes: dict[str, list[Node]] = defaultdict(list)
    for each in world.facts.nodes():
        if each.instance in of:
            nodes[of[each.instance]].append(each)
    groups = [each for each in world.facts.groups() if each.name in nodes]
    rows = tuple(
        f"{each.name} {trouble}" for each in groups for trouble in _troubles(each, nodes[each.name])
    )
    detail = f"{len(rows)} contradictions in {len(groups)} groups" if rows else ""
    detail = detail or f"nodes of each of {len(groups)} groups say the same"
    return Verdict(holds=not rows, detail=detail, rows=rows, applies=bool(groups))


def _troubles(group: Group, nodes: Sequence[Node]) -> Iterator[str]:
    kinds = {purchase.of(each.labels) for each in nodes}
    if group.spot and kinds != {"spot"}:
        yield f"buys spot, and its nodes say {_listed(kinds)}"
    elif group.on_demand and "spot" in kinds:
        yield f"buys on demand, and its nodes say {_listed(kinds)}"
    taints = {frozenset(t for t in each.taints if not t.startswith(_PASSING)) for each in nodes}
    if len(taints) > 1:
        differ = frozenset.union(*taints) - frozenset.intersection(*taints)
        yield f"has nodes with and without the taint {', '.join(sorted(differ))}"


def _listed(kinds: set[str]) -> str:
    return ", ".join(sorted(each or "nothing" for each in kinds))


CHECK: Check[Params] = Check(
    id="ready.marked",
    summary="Nodes of a group say the same about how they were bought.",
    params=Params,
    look=look,
    permissions=needs.of("groups", "nodes"),
    readiness=Readiness(
        row="SP9",
        severity=Severity.WARNING,
        why="Spread, tolerations and this tool go by these labels; wrong ones misplace pods.",
        fix="Let the group's user data or launch template set the label and the taint.",
    ),
)
