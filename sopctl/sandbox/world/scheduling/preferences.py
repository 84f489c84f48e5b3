"""Preferred pod affinity and anti-affinity: what a pod and those that run would rather have.

Source: kubernetes/pkg/scheduler/framework/plugins/interpodaffinity/scoring.go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.neighbours import selects
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.subject import Place, Subject

_BEST = 100
_HARD = 1  # hardPodAffinityWeight: what a pod requires beside it, it would also like more of

Domains = Counter[tuple[str, str]]  # what a (topology key, value) is worth


def scores(pod: Subject, snapshot: Snapshot, seats: Sequence[Seat]) -> list[int]:
    """0 to 100 for each of *seats*, by whom its domains hold; nothing if nobody counts."""
    domains: Domains = Counter()
    if pod.wishes:
        for seat in snapshot.seats.values():
            for other in seat.sitting:
                for term, weight in pod.wishes:
                    if selects(term, pod, other):
                        _count(domains, term, seat.place, weight)
    for other, node, by in snapshot.fans():
        if node in snapshot.seats:
            _welcome(domains, pod, other, snapshot.seats[node].place, by)
    if not domains:
        return []
    return stretched([sum(domains[each] for each in seat.place.labels.items()) for seat in seats])


def stretched(raw: Sequence[int]) -> list[int]:
    """Scale so that the lowest is 0 and the highest 100."""
    low, high = min(raw), max(raw)
    return [int(_BEST * ((each - low) / (high - low))) if high > low else 0 for each in raw]


def _welcome(domains: Domains, pod: Subject, other: Subject, where: Place, by: int) -> None:
    """Count what a pod that runs would rather have, or not have, beside it."""
    required = ((term, _HARD) for term in other.attracted)
    for term, weight in (*other.wishes, *required):
        if selects(term, other, pod):
            _count(domains, term, where, by * weight)


def _count(domains: Domains, term: Obj, where: Place, weight: int) -> None:
    key = term["topologyKey"]
    if key in where.labels:
        domains[key, where.labels[key]] += weight
