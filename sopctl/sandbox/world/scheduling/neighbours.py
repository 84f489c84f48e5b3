"""Required pod affinity and anti-affinity (InterPodAffinity), both directions."""

from __future__ import annotations

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
    """The domains one pod must share, must avoid, and is kept out of."""

    def __init__(self, pod: Subject, snapshot: Snapshot) -> None:
        """Look at every pod that runs."""
        self._pod = pod
        self._wanted = pod.attracted
        self._avoided = pod.repelled
        self._near: list[set[Domain]] = [set() for _ in self._wanted]
        self._repelled: set[Domain] = set()
        self._kept_out: set[Domain] = set()
        indifferent = not self._wanted and not self._avoided
        for seat in snapshot.seats.values():
            for other in seat.sitting:
                if other.repelled or not indifferent:
                    self.note(other, seat.place)
        self._first = [_selects(each, pod, pod) for each in self._wanted]

    def refusal(self, where: Place) -> str | None:
        """Return why a node is refused, or None."""
        if any((key, value) in self._kept_out for key, value in where.labels.items()):
            return EXISTING
        for term, near, first in zip(self._wanted, self._near, self._first, strict=True):
            key = term["topologyKey"]
            # The first pod of a group that wants to be near itself may go anywhere.
            if (key, where.labels.get(key, "")) not in near and (near or not first):
                return AFFINITY
        if any((key, value) in self._repelled for key, value in where.labels.items()):
            return ANTI
        return None

    def note(self, other: Subject, where: Place) -> None:
        """Take a pod that sits on a node into account."""
        labels = where.labels
        for term, near in zip(self._wanted, self._near, strict=True):
            if _selects(term, self._pod, other):
                near.update(_domain(term, labels))
        for term in self._avoided:
            if _selects(term, self._pod, other):
                self._repelled.update(_domain(term, labels))
        for term in other.repelled:
            if _selects(term, other, self._pod):
                self._kept_out.update(_domain(term, labels))


def _selects(term: Obj, holder: Subject, other: Subject) -> bool:
    """Whether a term held by one pod selects another; namespaces default to the holder's."""
    namespaces = term.get("namespaces") or [holder.namespace]
    return other.namespace in namespaces and matches(term.get("labelSelector"), other.labels)


def _domain(term: Obj, labels: Mapping[str, str]) -> Iterable[Domain]:
    value = labels.get(term["topologyKey"])
    if value is not None:
        yield term["topologyKey"], value
