"""Room for pods: what they ask for, what nodes have left, class by class.

A class are the pods that fit on the same nodes: by node selector and tolerations. Cluster-wide sums
hide that the only nodes with room are of another purchase option, or tainted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sopctl.facts.objects.node import Node
from sopctl.facts.objects.pod import Pod

Amounts = Mapping[str, Decimal]
RESOURCES = ("cpu", "memory", "pods")
# What every node of a failing or cordoned zone gets; of the others it says nothing.
_PASSING = ("node.kubernetes.io/",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One class of pods: what they *need*, and what is *free* on the nodes that take them."""

    name: str
    pods: int
    need: Amounts
    free: Amounts

    @property
    def short(self) -> tuple[str, ...]:
        """The resources that do not suffice."""
        nothing = Decimal(0)
        return tuple(
            each
            for each in RESOURCES
            if self.need.get(each, nothing) > self.free.get(each, nothing)
        )


def by_class(pods: Sequence[Pod], nodes: Sequence[Node], leaving: Collection[str]) -> list[Room]:
    """Room elsewhere for the pods on the nodes *leaving*; the pods of no node are not counted."""
    classes: dict[tuple[str, frozenset[str]], list[Pod]] = {}
    for each in pods:
        if each.node in leaving and moves(each):
            classes.setdefault((_selector(each), _tolerated(each)), []).append(each)
    staying = [each for each in nodes if each.name not in leaving]
    left = left_by_node(staying, pods)
    return [
        Room(
            name=_name(selector, tolerated),
            pods=len(some),
            need=total(each.requests for each in some),
            free=total(left[node.name] for node in staying if _takes(node, some[0], tolerated)),
        )
        for (selector, tolerated), some in sorted(classes.items(), key=lambda e: _name(*e[0]))
    ]


def takes(where: Node, each: Pod) -> bool:
    """Whether a node takes new pods like *each*, however full it is."""
    return where.ready and not where.unschedulable and _takes(where, each, _tolerated(each))


def moves(each: Pod) -> bool:
    """Whether a pod will need another place when its node is gone."""
    return not (each.daemon or each.mirror or each.finished or each.terminating)


def left_by_node(nodes: Sequence[Node], pods: Sequence[Pod]) -> Mapping[str, Amounts]:
    """What each node that takes pods has left."""
    used: dict[str, list[Amounts]] = {}
    for each in pods:
        if not each.finished:
            used.setdefault(each.node, []).append(each.requests)
    nothing: Amounts = {}
    return {
        each.name: _left(each, total(used.get(each.name, ())))
        if each.ready and not each.unschedulable
        else nothing
        for each in nodes
    }


def total(many: Iterable[Amounts]) -> Amounts:
    summed: dict[str, Decimal] = {}
    for each in many:
        for name, amount in each.items():
            summed[name] = summed.get(name, Decimal(0)) + amount
    return summed


def _left(where: Node, taken: Amounts) -> Amounts:
    return {
        name: max(Decimal(0), amount - taken.get(name, Decimal(0)))
        for name, amount in where.allocatable.items()
    }


def _selector(each: Pod) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(each.place.selector.items()))


def _tolerated(each: Pod) -> frozenset[str]:
    """Keys of taints that it tolerates; ``*``: any."""
    return frozenset(key for key in each.place.tolerates if not key.startswith(_PASSING))


def _name(selector: str, tolerated: frozenset[str]) -> str:
    """``any node``, or what the nodes have to be and may be."""
    taints = f" that may have {', '.join(sorted(tolerated))}" if tolerated else ""
    return (f"nodes with {selector}" if selector else "any node") + taints


def _takes(node: Node, each: Pod, tolerated: frozenset[str]) -> bool:
    if any(node.labels.get(key) != value for key, value in each.place.selector.items()):
        return False
    taints = {key for key in node.hard_taints if not key.startswith(_PASSING)}
    return "*" in tolerated or taints <= tolerated
