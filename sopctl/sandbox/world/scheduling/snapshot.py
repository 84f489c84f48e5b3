"""The nodes and what runs on them; simulations work on copies that share what they leave alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.quantities import NOTHING, Amount
from sopctl.sandbox.world.scheduling.subject import Place, Subject

_HERMITS, _FANS = "!", "+"  # no namespace begins so

Placed = tuple[Subject, str, int]  # a pod, its node, 1 or -1 for one that left
Domains = dict[tuple[object, ...], tuple[str, ...]]


class Seat:
    """A node with the pods that sit on it."""

    __slots__ = ("_lowest", "place", "presumed", "sitting", "used")

    def __init__(self, where: Place, sitting: Iterable[Subject] = ()) -> None:
        """Take a node and the pods bound to it."""
        self.place = where
        self.sitting: list[Subject] = []
        self.used = Amount()
        self.presumed = NOTHING
        self._lowest: int | None = None
        for each in sitting:
            self.add(each)

    def add(self, guest: Subject) -> None:
        """Let a pod sit here."""
        self.sitting.append(guest)
        self.used += guest.request
        if guest.presumed is not NOTHING:
            self.presumed += guest.presumed
        self._lowest = None

    def remove(self, guest: Subject) -> None:
        """Let a pod go."""
        self.sitting.remove(guest)
        self.used -= guest.request
        if guest.presumed is not NOTHING:
            self.presumed -= guest.presumed
        self._lowest = None

    def copy(self) -> Seat:
        """Return a seat that can be changed."""
        made = Seat(self.place)
        made.sitting, made.used = [*self.sitting], self.used
        made.presumed = self.presumed
        return made

    def outranked_by(self, pod: Subject) -> bool:
        """Whether somebody here has a lower priority than a pod."""
        if self._lowest is None:
            self._lowest = min((each.priority for each in self.sitting), default=2**31)
        return self._lowest < pod.priority

    @property
    def free(self) -> Amount:
        """What is left of the allocatable resources."""
        return self.place.capacity - self.used


class Snapshot:
    """All nodes by name. Adding a pod or a node changes this snapshot only.

    A copy shares the seats until one of the two changes them, and remembers what it did to the
    pods beside what it took over, so that pods are found by a label without looking at all.
    """

    def __init__(self, seats: Iterable[Seat]) -> None:
        """Take the nodes in their order."""
        self.seats: dict[str, Seat] = {}
        # What others computed from the places alone; the last of a key is None where taints
        # do not matter.
        self.domains: Domains = {}
        self._shared: set[str] = set()
        self._labelled: dict[str, dict[Subject, str]] = {}
        self._differences: dict[str, tuple[Placed, ...]] | None = None
        for seat in seats:
            self.add(seat)

    def copy(self) -> Snapshot:
        """Return a snapshot that can be changed."""
        made = Snapshot(())
        made.seats, made.domains = dict(self.seats), self.domains
        made._labelled = self._labelled
        made._shared = set(self.seats)
        self._shared = set(self.seats)
        made._differences = dict(self._differences or {})
        return made

    def add(self, seat: Seat) -> None:
        """Add a node, or put another in its place."""
        self.drop(seat.place.name)
        self.seats[seat.place.name] = seat
        for each in seat.sitting:
            self._note(each, seat.place.name, 1)

    def drop(self, node: str) -> None:
        """Forget a node with its pods."""
        self.domains = {}
        self._shared.discard(node)
        old = self.seats.pop(node, None)
        for each in old.sitting if old is not None else ():
            self._note(each, node, -1)

    def bind(self, guest: Subject, node: str) -> None:
        """Let a pod sit on a node."""
        self._own(node).add(guest)
        self._note(guest, node, 1)

    def remove(self, guest: Subject, node: str) -> None:
        """Let a pod leave a node."""
        self._own(node).remove(guest)
        self._note(guest, node, -1)

    def move(self, where: Place) -> None:
        """Let a node be another place, with the same pods."""
        old = self.seats[where.name].place
        self._own(where.name).place = where
        if old.labels == where.labels:
            # Taints open and close domains only for those who honour them.
            self.domains = {key: found for key, found in self.domains.items() if key[-1] is None}
        else:
            self.domains = {}

    def labelled(self, namespace: str, wanted: Mapping[str, str]) -> Iterator[Placed]:
        """Yield (pod, node, 1) of a namespace with a label of some wanted ones, -1 for one gone.

        Whoever asks checks the other labels; without wanted labels it is the whole namespace.
        """
        keys = [f"{namespace}/{key}={value}" for key, value in wanted.items()]
        return self._with(min(keys or [f"{namespace}/"], key=self._size))

    def hermits(self) -> Iterator[Placed]:
        """Yield the pods with anti-affinity, which keep others out."""
        return self._with(_HERMITS)

    def fans(self) -> Iterator[Placed]:
        """Yield the pods that want others beside them, or would rather have or not have them."""
        return self._with(_FANS)

    def _with(self, key: str) -> Iterator[Placed]:
        for guest, node in self._labelled.get(key, {}).items():
            yield guest, node, 1
        if self._differences is not None:
            yield from self._differences.get(key, ())

    def _size(self, key: str) -> int:
        return len(self._labelled.get(key, ())) + len((self._differences or {}).get(key, ()))

    def _own(self, node: str) -> Seat:
        """Return a seat that no other snapshot has, to be changed."""
        if node in self._shared:
            self.seats[node] = self.seats[node].copy()
            self._shared.discard(node)
        return self.seats[node]

    def _note(self, guest: Subject, node: str, by: int) -> None:
        for key in _keys(guest):
            if self._differences is not None:
                known = self._differences.get(key, ())
                self._differences[key] = (*known, (guest, node, by))
            elif by > 0:
                self._labelled.setdefault(key, {})[guest] = node
            else:
                self._labelled[key].pop(guest, None)


def _keys(guest: Subject) -> Iterator[str]:
    yield f"{guest.namespace}/"
    for key, value in guest.labels.items():
        yield f"{guest.namespace}/{key}={value}"
    if guest.repelled:
        yield _HERMITS
    if guest.attracted or guest.wishes:
        yield _FANS


def wanted_labels(selector: Obj | None) -> Mapping[str, str]:
    """Return the plain labels that a selector asks for."""
    found: Mapping[str, str] = (selector or {}).get("matchLabels") or {}
    return found
