"""The nodes and what runs on them, for one scheduling round; simulations work on a copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.scheduling.quantities import Amount
from sopctl.sandbox.world.scheduling.subject import Place, Subject, place, subject
from sopctl.sandbox.world.view import View


class Seat:
    """A node with the pods that sit on it."""

    __slots__ = ("hermits", "place", "sitting", "used")

    def __init__(self, where: Place, sitting: Iterable[Subject] = ()) -> None:
        """Take a node and the pods bound to it."""
        self.place = where
        self.sitting: list[Subject] = []
        self.hermits: list[Subject] = []  # those with anti-affinity, which keep others out
        self.used = Amount()
        for each in sitting:
            self.add(each)

    def add(self, guest: Subject) -> None:
        """Let a pod sit here."""
        self.sitting.append(guest)
        self.used += guest.request
        if guest.repelled:
            self.hermits.append(guest)

    def remove(self, guest: Subject) -> None:
        """Let a pod go."""
        self.sitting.remove(guest)
        self.used -= guest.request
        if guest.repelled:
            self.hermits.remove(guest)

    def copy(self) -> Seat:
        """Return a seat that can be changed."""
        made = Seat(self.place)
        made.sitting, made.hermits, made.used = [*self.sitting], [*self.hermits], self.used
        return made

    @property
    def free(self) -> Amount:
        """What is left of the allocatable resources."""
        return self.place.capacity - self.used


class Snapshot:
    """All nodes by name. Adding a pod or a node changes this snapshot only.

    A copy shares the seats until one of the two changes them.
    """

    def __init__(self, seats: Iterable[Seat]) -> None:
        """Take the nodes in their order."""
        self.seats = {seat.place.name: seat for seat in seats}
        self._shared: set[str] = set()

    def copy(self) -> Snapshot:
        """Return a snapshot that can be changed."""
        made = Snapshot(())
        made.seats = dict(self.seats)
        made._shared = set(self.seats)
        self._shared = set(self.seats)
        return made

    def add(self, seat: Seat) -> None:
        """Add a node, or put another in its place."""
        self.seats[seat.place.name] = seat
        self._shared.discard(seat.place.name)

    def bind(self, guest: Subject, node: str) -> None:
        """Let a pod sit on a node."""
        self.own(node).add(guest)

    def own(self, node: str) -> Seat:
        """Return a seat that no other snapshot has, to be changed."""
        if node in self._shared:
            self.seats[node] = self.seats[node].copy()
            self._shared.discard(node)
        return self.seats[node]


class Reader:
    """Reads snapshots from a view; a pod or node that did not change is read once."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._pods: dict[str, tuple[str, Subject]] = {}
        self._nodes: dict[str, tuple[str, Place]] = {}

    def snapshot(self, view: View) -> Snapshot:
        """Return the nodes and the unfinished pods bound to them."""
        seats = {where.name: Seat(where) for where in self._places(view)}
        for guest in self._bound(view):
            if guest.node in seats:
                seats[guest.node].add(guest)
        return Snapshot(seats.values())

    def _places(self, view: View) -> list[Place]:
        """Return the nodes, one zone after the other, as the scheduler's node tree lists them."""
        numbered: list[tuple[int, str, Place]] = []
        seen: Counter[str] = Counter()
        for node in view.all("nodes"):
            metadata = node["metadata"]
            known = self._nodes.get(metadata["uid"])
            if known is None or known[0] != metadata["resourceVersion"]:
                known = (metadata["resourceVersion"], place(node))
                self._nodes[metadata["uid"]] = known
            zone = known[1].labels.get(ZONE, "")
            numbered.append((seen[zone], zone, known[1]))
            seen[zone] += 1
        numbered.sort(key=lambda each: each[:2])
        return [where for _, _, where in numbered]

    def _bound(self, view: View) -> list[Subject]:
        fresh: dict[str, tuple[str, Subject]] = {}
        for pod in view.all("pods"):
            if not pods.node_name(pod) or pods.phase(pod) in pods.FINISHED:
                continue
            metadata = pod["metadata"]
            known = self._pods.get(metadata["uid"])
            if known is None or known[0] != metadata["resourceVersion"]:
                known = (metadata["resourceVersion"], subject(pod))
            fresh[metadata["uid"]] = known
        self._pods = fresh
        return [each for _, each in fresh.values()]
