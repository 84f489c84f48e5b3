"""How many replicas a utilisation asks for, with pods that give no metrics.

Source: kubernetes/pkg/controller/podautoscaler/replica_calculator.go (`GetResourceReplicas`,
`groupPods`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.ports import Obj

TOLERANCE = 0.1  # --horizontal-pod-autoscaler-tolerance
_FALLBACK = 100  # percent: what a pod without metrics is believed to use when shrinking


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Pods of a workload: with metrics, not ready yet, and with metrics missing.

    Metrics are missing where nothing is heard of: pods of a dead node that nobody deleted.
    """

    ready: int
    unready: int
    missing: int


def count(found: Iterable[Obj], answers: Callable[[str], bool]) -> Count:
    """Group pods; those that finish or failed do not count. `answers` judges a node by name."""
    ready = unready = missing = 0
    for pod in found:
        if pods.is_terminating(pod) or pods.phase(pod) == "Failed":
            continue
        if pods.phase(pod) == "Pending":
            unready += 1
        elif not answers(pods.node_name(pod)):
            missing += 1
        elif pods.is_ready(pod):
            ready += 1
        else:
            unready += 1
    return Count(ready=ready, unready=unready, missing=missing)


def proposal(current: int, pods_: Count, usage: float, goal: float) -> int:
    """Return the wanted replicas; `usage` is of the ready pods, in percent of their request."""
    if not pods_.ready:
        return current  # "did not receive metrics for targeted pods"
    ratio = usage / goal
    starting = bool(pods_.unready) and ratio > 1
    if not starting and not pods_.missing:
        return current if _near(ratio) else math.ceil(ratio * pods_.ready)
    counted = pods_.ready
    used = usage * pods_.ready
    if pods_.missing and ratio != 1:
        counted += pods_.missing
        used += pods_.missing * (max(_FALLBACK, goal) if ratio < 1 else 0)
    if starting:
        counted += pods_.unready
    again = used / counted / goal
    if _near(again) or (ratio < 1 < again) or (again < 1 < ratio):
        return current
    wanted = math.ceil(again * counted)
    against = (again < 1 and wanted > current) or (again > 1 and wanted < current)
    return current if against else wanted


def _near(ratio: float) -> bool:
    return abs(ratio - 1) <= TOLERANCE
