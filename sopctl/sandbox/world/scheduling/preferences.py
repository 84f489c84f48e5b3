"""Preferred pod affinity and anti-affinity of a pod: which nodes it would rather have.

Source: kubernetes/pkg/scheduler/framework/plugins/interpodaffinity/scoring.go. Simplified: what
pods that run already would rather have beside them does not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.neighbours import selects
from sopctl.sandbox.world.scheduling.snapshot import Seat
from sopctl.sandbox.world.scheduling.subject import Subject

_BEST = 100
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
Term = tuple[Obj, int]  # a pod affinity term, and its weight: below zero it repels


def terms(pod: Subject) -> list[Term]:
    """The preferred terms of a pod."""
    affinity = pod.spec.get("affinity") or {}
    found: list[Term] = []
    for kind, sign in (("podAffinity", 1), ("podAntiAffinity", -1)):
        preferred = (affinity.get(kind) or {}).get(_PREFERRED) or ()
        found += [(each["podAffinityTerm"], sign * int(each["weight"])) for each in preferred]
    return found


def scores(
    pod: Subject, wanted: Sequence[Term], everyone: Sequence[Seat], seats: Sequence[Seat]
) -> list[float]:
    """0 to 100 for each of *seats*, by whom its domains hold; the same for all if nobody counts."""
    domains: Counter[tuple[str, str]] = Counter()
    for seat in everyone:
        for term, weight in wanted:
            key = term["topologyKey"]
            if key in seat.place.labels:
                found = sum(selects(term, pod, other) for other in seat.sitting)
                domains[key, seat.place.labels[key]] += weight * found
    raw = [sum(domains[domain] for domain in seat.place.labels.items()) for seat in seats]
    low, high = min(raw), max(raw)
    return [_BEST * (each - low) / (high - low) if high > low else 0.0 for each in raw]
