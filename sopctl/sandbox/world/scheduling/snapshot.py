"""The nodes and what runs on them, for one scheduling round; simulations work on a copy."""

from __future__ import annotations

from collections.abc import Iterable

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.scheduling.quantities import Amount
from sopctl.sandbox.world.scheduling.subject import Place, Subject, place, subject
from sopctl.sandbox.world.view import View


class Seat:
    """A node with the pods that sit on it."""

    __slots__ = ("place", "sitting", "used")

    def __init__(self, where: Place, sitting: Iterable[Subject] = ()) -> None:
        """Take a node and the pods bound to it."""
        self.place = where
        self.sitting: list[Subject] = []
        self.used = Amount()
        for each in sitting:
            self.add(each)

    def add(self, guest: Subject) -> None:
        """Let a pod sit here."""
        self.sitting.append(guest)
        self.used += guest.request

    @property
    def free(self) -> Amount:
        """What is left of the allocatable resources."""
        return self.place.capacity - self.used


class Snapshot:
    """All nodes by name. Adding a pod or a node changes this snapshot only."""

    def __init__(self, seats: Iterable[Seat]) -> None:
        """Take the nodes in their order."""
        self.seats = {seat.place.name: seat for seat in seats}

    def copy(self, *, without: str = "") -> Snapshot:
        """Return a snapshot that can be changed, perhaps without one node."""
        kept = (seat for name, seat in self.seats.items() if name != without)
        return Snapshot(Seat(seat.place, seat.sitting) for seat in kept)

    def add(self, seat: Seat) -> None:
        """Add a node."""
        self.seats[seat.place.name] = seat

    def bind(self, guest: Subject, node: str) -> None:
        """Let a pod sit on a node."""
        self.seats[node].add(guest)


class Reader:
    """Reads snapshots from a view; a pod or node that did not change is read once."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._pods: dict[str, tuple[str, Subject]] = {}
        self._nodes: dict[str, tuple[str, Place]] = {}

    def snapshot(self, view: View) -> Snapshot:
        """Return the nodes and the unfinished pods bound to them."""
        seats = {}
        for node in view.all("nodes"):
            metadata = node["metadata"]
            known = self._nodes.get(metadata["uid"])
            if known is None or known[0] != metadata["resourceVersion"]:
                known = (metadata["resourceVersion"], place(node))
                self._nodes[metadata["uid"]] = known
            seats[metadata["name"]] = Seat(known[1])
        for guest in self._bound(view):
            if guest.node in seats:
                seats[guest.node].add(guest)
        return Snapshot(seats.values())

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
