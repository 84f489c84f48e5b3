"""PodTopologySpread as the scheduler plugin defines it.

Source: kubernetes/pkg/scheduler/framework/plugins/podtopologyspread (common.go, filtering.go,
scoring.go). A tainted or cordoned node counts as a domain unless `nodeTaintsPolicy: Honor`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sopctl.sandbox.world.scheduling.affinity import admits
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.subject import Constraint, Place, Subject
from sopctl.sandbox.world.scheduling.tolerations import untolerated
from sopctl.sandbox.world.selectors import matches

SKEWED = "node(s) didn't match pod topology spread constraints"
NO_LABEL = "node(s) didn't match pod topology spread constraints (missing required label)"


class Domains:
    """How many matching pods each domain of one constraint holds."""

    def __init__(self, pod: Subject, constraint: Constraint) -> None:
        """Count nothing yet."""
        self._pod = pod
        self.constraint = constraint
        self.counts: Counter[str] = Counter()
        self._own = matches(constraint.selector, pod.labels)

    def count(self, seat: Seat) -> None:
        """Count the pods of one eligible node."""
        domain = seat.place.labels[self.constraint.key]
        self.counts[domain] += sum(1 for each in seat.sitting if self.counted(each))

    def note(self, guest: Subject, where: Place) -> None:
        """Count a pod that was placed on a node just now."""
        if self.constraint.key in where.labels and self.eligible(where):
            self.counts[where.labels[self.constraint.key]] += int(self.counted(guest))

    def appear(self, where: Place) -> None:
        """Let a new, empty node open its domain."""
        if self.constraint.key in where.labels and self.eligible(where):
            self.counts[where.labels[self.constraint.key]] += 0

    def counted(self, other: Subject) -> bool:
        """Whether a pod counts: same namespace, selected, not terminating."""
        return (
            other.namespace == self._pod.namespace
            and not other.terminating
            and matches(self.constraint.selector, other.labels)
        )

    def eligible(self, where: Place) -> bool:
        """Whether a node is part of a domain, by the two node inclusion policies."""
        pod, constraint = self._pod, self.constraint
        if constraint.honors_affinity and not admits(pod.spec, where.name, where.labels):
            return False
        return not (constraint.honors_taints and untolerated(where.taints, pod.tolerations))

    def minimum(self) -> int:
        """The pods of the emptiest domain; zero while there are too few domains."""
        if len(self.counts) < self.constraint.min_domains:
            return 0
        return min(self.counts.values(), default=0)

    def allows(self, where: Place) -> bool:
        """Whether one more pod on this node keeps the skew within bounds."""
        here = self.counts.get(where.labels[self.constraint.key], 0)
        return here + int(self._own) - self.minimum() <= self.constraint.max_skew


class Spread:
    """The spread constraints of one pod, counted over a snapshot."""

    def __init__(self, pod: Subject, snapshot: Snapshot) -> None:
        """Count the domains of the hard and of the soft constraints."""
        self.hard = _domains(pod, pod.hard, snapshot.seats.values())
        self.soft = _domains(pod, pod.soft, snapshot.seats.values())

    def note(self, guest: Subject, where: Place) -> None:
        """Count a pod that was placed on a node just now."""
        for domains in (*self.hard, *self.soft):
            domains.note(guest, where)

    def appear(self, where: Place) -> None:
        """Let a new, empty node open its domains."""
        for domains in (*self.hard, *self.soft):
            domains.appear(where)

    def refusal(self, where: Place) -> str | None:
        """Return why the hard constraints refuse a node, or None."""
        for domains in self.hard:
            if domains.constraint.key not in where.labels:
                return NO_LABEL
            if not domains.allows(where):
                return SKEWED
        return None

    def crowding(self, where: Place) -> float:
        """Return how full a node's domains are for the soft constraints; lower is better."""
        total = 0.0
        for domains in self.soft:
            domain = where.labels.get(domains.constraint.key)
            if domain is not None:
                total += domains.counts.get(domain, 0) / domains.constraint.max_skew
        return total


def _domains(
    pod: Subject, constraints: tuple[Constraint, ...], seats: Iterable[Seat]
) -> list[Domains]:
    """Count only nodes that carry every topology key of these constraints."""
    found = [Domains(pod, each) for each in constraints]
    if not found:
        return found
    keys = {each.key for each in constraints}
    for seat in seats:
        if keys <= seat.place.labels.keys():
            for domains in found:
                if domains.eligible(seat.place):
                    domains.count(seat)
    return found
