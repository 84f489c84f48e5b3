"""PodTopologySpread as the scheduler plugin defines it.

Source: kubernetes/pkg/scheduler/framework/plugins/podtopologyspread (common.go, filtering.go,
scoring.go). A tainted or cordoned node counts as a domain unless `nodeTaintsPolicy: Honor`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from sopctl.sandbox.world.scheduling.affinity import admits
from sopctl.sandbox.world.scheduling.snapshot import Snapshot, wanted_labels
from sopctl.sandbox.world.scheduling.subject import Constraint, Place, Subject
from sopctl.sandbox.world.scheduling.tolerations import untolerated
from sopctl.sandbox.world.selectors import matches

SKEWED = "node(s) didn't match pod topology spread constraints"
NO_LABEL = "node(s) didn't match pod topology spread constraints (missing required label)"


class Domains:
    """How many matching pods each domain of one constraint holds."""

    def __init__(self, pod: Subject, constraint: Constraint, keys: frozenset[str]) -> None:
        """Count nothing yet; `keys` are those of all constraints of its kind."""
        self._pod = pod
        self._keys = keys
        self.constraint = constraint
        self.counts: Counter[str] = Counter()
        self._own = matches(constraint.selector, pod.labels)
        self._everything = constraint.selector is not None and not any(constraint.selector.values())
        # What `minimum` and `admits` found, until something changes.
        self._least: int | None = None
        self._admitted: dict[str, bool] = {}

    def count(self, snapshot: Snapshot) -> None:
        """Find the domains, and count the pods in them."""
        self.counts.update(dict.fromkeys(self._domains(snapshot), 0))
        if self._everything:
            return
        wanted = wanted_labels(self.constraint.selector)
        for other, node, by in snapshot.labelled(self._pod.namespace, wanted):
            seat = snapshot.seats.get(node)
            if seat is not None and self.complete(seat.place):
                self.note(other, seat.place, by)

    def _domains(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Return the domains that an eligible node opens; the places alone decide."""
        pod, constraint = self._pod, self.constraint
        affinity = (pod.spec.get("nodeSelector"), pod.spec.get("affinity"))
        known = (
            constraint.key,
            self._keys,
            str(affinity) if constraint.honors_affinity and any(affinity) else "",
            str(pod.tolerations) if constraint.honors_taints else None,
        )
        found = snapshot.domains.get(known)
        if found is None:
            places = (seat.place for seat in snapshot.seats.values())
            opened = (
                where.labels[constraint.key]
                for where in places
                if self.complete(where) and self.eligible(where)
            )
            found = snapshot.domains[known] = tuple(dict.fromkeys(opened))
        return found

    def note(self, guest: Subject, where: Place, by: int = 1) -> None:
        """Count a pod that was placed on a node just now, or with -1 forget one."""
        if self.constraint.key in where.labels and self.eligible(where):
            self.counts[where.labels[self.constraint.key]] += by * int(self.counted(guest))
            self._least = None
            self._admitted.clear()

    def complete(self, where: Place) -> bool:
        """Whether a node carries every key: another is in no domain of any constraint."""
        return self._keys <= where.labels.keys()

    def counted(self, other: Subject) -> bool:
        """Whether a pod counts: same namespace, selected, not terminating.

        An empty selector counts nothing (`countPodsMatchSelector`), though it matches the pod.
        """
        return (
            not self._everything
            and other.namespace == self._pod.namespace
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
        if self._least is None:
            enough = len(self.counts) >= self.constraint.min_domains
            self._least = min(self.counts.values(), default=0) if enough else 0
        return self._least

    def allows(self, where: Place) -> bool:
        """Whether one more pod on this node keeps the skew within bounds."""
        here = self.counts.get(where.labels[self.constraint.key], 0)
        return here + int(self._own) - self.minimum() <= self.constraint.max_skew

    def admits(self, where: Place) -> bool:
        """Whether a node is in a domain that takes one more pod."""
        domain = where.labels.get(self.constraint.key)
        if domain is None:
            return False
        known = self._admitted.get(domain)
        if known is None:
            known = self._admitted[domain] = self.allows(where)
        return known


class Spread:
    """The spread constraints of one pod, counted over a snapshot."""

    def __init__(self, pod: Subject, snapshot: Snapshot) -> None:
        """Count the domains of the hard constraints; of the soft ones, once nodes are rated."""
        self.hard = _counted(pod, pod.hard, snapshot)
        self._pod = pod
        self._snapshot = snapshot

    @cached_property
    def soft(self) -> list[Domains]:
        """The soft constraints, counted as the snapshot is when this is first asked."""
        return _counted(self._pod, self._pod.soft, self._snapshot)

    def note(self, guest: Subject, where: Place, by: int = 1) -> None:
        """Count a pod that was placed on a node just now, or with -1 forget one.

        Only for the hard constraints: nothing is rated while pods are placed in thought.
        """
        for domains in self.hard:
            if domains.complete(where):
                domains.note(guest, where, by)

    def refusal(self, where: Place) -> str | None:
        """Return why the hard constraints refuse a node, or None."""
        for domains in self.hard:
            if domains.constraint.key not in where.labels:
                return NO_LABEL
            if not domains.allows(where):
                return SKEWED
        return None

    def scores(self, places: Sequence[Place]) -> list[int]:
        """Rate nodes from 0 to 100 by how few pods their domains hold, for the soft constraints.

        Source: podtopologyspread/scoring.go (`scoreForCount`, `NormalizeScore`).
        """
        sizes = [
            len({where.labels[each.constraint.key] for where in places if each.complete(where)})
            for each in self.soft
        ]
        weighed = [
            (each, math.log(size + 2), each.constraint.max_skew - 1)
            for each, size in zip(self.soft, sizes, strict=True)
        ]
        raw = [_crowding(where, weighed) for where in places]
        known = [each for each in raw if each is not None]
        most, least = max(known, default=0), min(known, default=0)
        return [
            0 if each is None else 100 * (most + least - each) // most if most else 100
            for each in raw
        ]


def _crowding(where: Place, weighed: Sequence[tuple[Domains, float, int]]) -> int | None:
    """Return how crowded a node's domains are; None for one that lacks a label."""
    total = 0.0
    for domains, weight, skew in weighed:
        if not domains.complete(where):
            return None
        total += domains.counts[where.labels[domains.constraint.key]] * weight + skew
    return whole(total)


def whole(score: float) -> int:
    """Return a score as the real scheduler has it: a whole number."""
    return round(score)


def _counted(
    pod: Subject, constraints: tuple[Constraint, ...], snapshot: Snapshot
) -> list[Domains]:
    """Count only nodes that carry every topology key of these constraints."""
    keys = frozenset(each.key for each in constraints)
    found = [Domains(pod, each, keys) for each in constraints]
    for domains in found:
        domains.count(snapshot)
    return found
