"""Keeps a snapshot of the real nodes and pods, change by change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.index import Change, Key
from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.snapshot import Seat, Snapshot
from sopctl.sandbox.world.scheduling.subject import Subject, place, subject
from sopctl.sandbox.world.view import View


class Reader:
    """Reads snapshots from a view.

    `version` grows whenever a pod took or left its place, `places` whenever a node did, and
    `freed` whenever a pod left one.
    """

    def __init__(self) -> None:
        """Start with nothing read."""
        self.version = 0
        self.places = 0
        self.freed = 0
        self._base = Snapshot(())
        self._seen: tuple[int, int] | None = None
        self._sitting: dict[Key, tuple[str, Subject]] = {}
        self._touched: dict[str, int] = {}

    def touched(self, namespace: str, wanted: Mapping[str, str]) -> int:
        """Return the last version at which a pod with a wanted label took or left its place."""
        if not wanted:
            return self.version
        keys = (f"{namespace}/{key}={value}" for key, value in wanted.items())
        return min(self._touched.get(key, 0) for key in keys)

    def snapshot(self, view: View) -> Snapshot:
        """Return a snapshot of the nodes and the unfinished pods bound to them."""
        versions = (view.version("nodes"), view.version("pods"))
        if versions != self._seen:
            self._follow(view, versions)
        return self._base.copy()

    def _follow(self, view: View, versions: tuple[int, int]) -> None:
        seen = self._seen
        self._seen = versions
        nodes = None if seen is None else view.changes("nodes", seen[0])
        changed = None if seen is None else view.changes("pods", seen[1])
        if nodes is None or changed is None:
            self._read_all(view)
            return
        for change in nodes:
            self._node(view, change)
        for change in changed:
            if not _same(change):
                self._unseat(change.key)
                self._seat(change.key, change.new)

    def _read_all(self, view: View) -> None:
        self.version += 1
        self.places += 1
        self._base = Snapshot(Seat(place(node)) for node in view.all("nodes"))
        self._sitting.clear()
        self._order()
        for pod in view.all("pods"):
            self._seat((pod["metadata"]["namespace"], pod["metadata"]["name"]), pod)

    def _node(self, view: View, change: Change) -> None:
        name = change.key[1]
        if change.new is None:
            self._base.drop(name)
            gone = [key for key, (node, _) in self._sitting.items() if node == name]
            for key in gone:
                del self._sitting[key]
        elif name not in self._base.seats:
            self._base.add(Seat(place(change.new)))
            self._order()
            for pod in view.on_node(name):
                self._seat((pod["metadata"]["namespace"], pod["metadata"]["name"]), pod)
        elif change.old is None or _where(change.old) != _where(change.new):
            self._base.move(place(change.new))
        else:
            return
        self.places += 1
        self.version += 1

    def _seat(self, key: Key, pod: Obj | None) -> None:
        if pod is None or pods.phase(pod) in pods.FINISHED or key in self._sitting:
            return
        node = pods.node_name(pod)
        if node in self._base.seats:
            guest = subject(pod)
            self._sitting[key] = (node, guest)
            self._base.bind(guest, node)
            self._touch(guest)

    def _unseat(self, key: Key) -> None:
        found = self._sitting.pop(key, None)
        if found is not None:
            self._base.remove(found[1], found[0])
            self.freed += 1
            self._touch(found[1])

    def _touch(self, guest: Subject) -> None:
        self.version += 1
        for key, value in guest.labels.items():
            self._touched[f"{guest.namespace}/{key}={value}"] = self.version

    def _order(self) -> None:
        """List nodes one zone after the other, as the scheduler's node tree does."""
        numbered: list[tuple[int, str, str]] = []
        count: Counter[str] = Counter()
        for name, seat in self._base.seats.items():
            zone = seat.place.labels.get(ZONE, "")
            numbered.append((count[zone], zone, name))
            count[zone] += 1
        self._base.seats = {name: self._base.seats[name] for _, _, name in sorted(numbered)}


def _same(change: Change) -> bool:
    """Whether nothing happened that a scheduler sees: only its status, most of the time."""
    old, new = change.old, change.new
    if old is None or new is None:
        return False
    return (
        old["metadata"]["uid"] == new["metadata"]["uid"]
        and pods.is_terminating(old) == pods.is_terminating(new)
        and (pods.phase(old) in pods.FINISHED) == (pods.phase(new) in pods.FINISHED)
        and old["metadata"].get("labels") == new["metadata"].get("labels")
        and old["spec"] == new["spec"]
    )


def _where(node: Obj) -> tuple[object, ...]:
    spec = node.get("spec") or {}
    return (
        node["metadata"].get("labels"),
        spec.get("taints"),
        spec.get("unschedulable"),
        (node.get("status") or {}).get("allocatable"),
    )
