"""Required pod affinity and anti-affinity, in both directions.

Source: kubernetes/pkg/scheduler/framework/plugins/interpodaffinity/filtering.go.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.snapshot import Snapshot
from sopctl.sandbox.world.scheduling.subject import Place, Subject
from sopctl.sandbox.world.selectors import matches

AFFINITY = "node(s) didn't match pod affinity rules"
ANTI = "node(s) didn't match pod anti-affinity rules"
EXISTING = "node(s) didn't satisfy existing pods anti-affinity rules"

Domain = tuple[str, str]  # (topology key, value)


class Neighbours:
    """The domains one pod must share, must avoid, and is kept out of, with pods counted in each."""

    def __init__(self, pod: Subject, snapshot: Snapshot) -> None:
        """Look at every pod that runs, or only at those with anti-affinity of their own."""
        self._pod = pod
        self._wanted = pod.attracted
        self._avoided = pod.repelled
        self._near: Counter[Domain] = Counter()
        self._repelled: Counter[Domain] = Counter()
        self._kept_out: Counter[Domain] = Counter()
        if not self._wanted and not self._avoided:
            for other, node, by in snapshot.hermits():
                if node in snapshot.seats:
                    self.note(other, snapshot.seats[node].place, by)
            return
        for seat in snapshot.seats.values():
            for other in seat.sitting:
                self.note(other, seat.place)

    @property
    def indifferent(self) -> bool:
        """Whether no node is refused: the pod asks nothing, and nobody keeps it out."""
        return not (self._wanted or self._avoided or self._kept_out)

    def refusal(self, where: Place) -> str | None:
        """Return why a node is refused, or None."""
        labels = where.labels
        if self._wanted and not self._is_near(labels):
            return AFFINITY
        for term in self._avoided:
            if self._repelled[_domain(term, labels)]:
                return ANTI
        if self._kept_out and any(self._kept_out[domain] > 0 for domain in labels.items()):
            return EXISTING
        return None

    def note(self, other: Subject, where: Place, by: int = 1) -> None:
        """Take a pod on a node into account, or with -1 its going away."""
        labels = where.labels
        if self._wanted and self._selected_by_all(other):
            for term in self._wanted:
                _count(self._near, term, labels, by)
        for term in self._avoided:
            if selects(term, self._pod, other):
                _count(self._repelled, term, labels, by)
        for term in other.repelled:
            if selects(term, other, self._pod):
                _count(self._kept_out, term, labels, by)

    def _is_near(self, labels: Mapping[str, str]) -> bool:
        if any(term["topologyKey"] not in labels for term in self._wanted):
            return False
        if all(self._near[_domain(term, labels)] > 0 for term in self._wanted):
            return True
        # The first pod of a group that wants to be near itself may go anywhere.
        return not any(self._near.values()) and self._selected_by_all(self._pod)

    def _selected_by_all(self, other: Subject) -> bool:
        """Only pods that match every term count (`podMatchesAllAffinityTerms`)."""
        return all(selects(term, self._pod, other) for term in self._wanted)


def selects(term: Obj, holder: Subject, other: Subject) -> bool:
    """Whether a term held by one pod selects another.

    Namespaces default to the holder's; of a namespaceSelector only the label that every
    namespace carries, its name, is known here.
    """
    named: Iterable[str] = term.get("namespaces") or ()
    selector = term.get("namespaceSelector")
    if selector is None:
        home = other.namespace in (named or (holder.namespace,))
    else:
        own = {"kubernetes.io/metadata.name": other.namespace}
        home = other.namespace in named or matches(selector, own)
    return home and matches(term.get("labelSelector"), other.labels)


def _domain(term: Obj, labels: Mapping[str, str]) -> Domain:
    key = term["topologyKey"]
    return key, labels.get(key, "")


def _count(counts: Counter[Domain], term: Obj, labels: Mapping[str, str], by: int) -> None:
    if term["topologyKey"] in labels:
        counts[_domain(term, labels)] += by
