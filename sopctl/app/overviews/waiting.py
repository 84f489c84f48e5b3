"""Pods without a node, by what the scheduler says of them.

Source: kubernetes pkg/scheduler/framework/types.go, FitError: ``0/40 nodes are available: 13
node(s) didn't match pod topology spread constraints, 9 Insufficient cpu. preemption: ...``.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

from sopctl.core.overview import Waiting
from sopctl.facts.objects.pod import Pod

UNSEEN: Final = "the scheduler has said nothing of them yet"
_AVAILABLE = re.compile(r"^\d+/\d+ nodes are available:?\s*")
_COUNTED = re.compile(r"^(\d+) (?:node\(s\) )?(.+)$")


def waiting(pods: Iterable[Pod]) -> tuple[Waiting, ...]:
    """What waits, the most pods first; pods of one workload are counted together."""
    groups: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for pod in pods:
        if pod.node or pod.finished or pod.terminating:
            continue
        groups[reasons(pod.waits)][owner(pod)] += 1
    found = [
        Waiting(reasons=why, pods=owners.total(), owners=tuple(_most(owners)))
        for why, owners in groups.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.pods, each.reasons)))


def reasons(message: str) -> tuple[str, ...]:
    """What is wrong with the nodes, without the numbers; what most of them have comes first."""
    text = message.partition(" preemption:")[0].strip().rstrip(".")
    if not text:
        return (UNSEEN,)
    rest, found = _AVAILABLE.subn("", text)
    if not found or not rest:
        return (text,)
    counted: Counter[str] = Counter()
    for part in rest.split(", "):
        number = _COUNTED.match(part)
        counted[number[2] if number else part] += int(number[1]) if number else 0
    return tuple(why for why, _ in _most(counted))


def owner(pod: Pod) -> str:
    """The workload as people call it: a Deployment's pods belong to a ReplicaSet of it."""
    if pod.owner is None:
        return pod.full_name
    name = pod.owner.name
    if pod.owner.kind == "ReplicaSet":
        name = name.rpartition("-")[0] or name
    return f"{pod.namespace}/{name}"


def _most(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
