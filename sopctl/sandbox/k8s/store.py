"""What is stored, in which order it was written, and who waits for the next write.

Objects in the store are never changed after they were put: a write puts another object. That is
what makes it safe to hand the stored bytes to many readers without copying.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sopctl.sandbox.k8s.errors import expired
from sopctl.sandbox.k8s.objects import Key, Obj, encode, key_of

HISTORY = 4_000  # writes that a watch may look back over


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One write: the object after it (for a deletion: the last state) and before it."""

    revision: int
    type: Literal["ADDED", "MODIFIED", "DELETED"]
    storage: str
    obj: Obj
    previous: Obj | None


class Store:
    """Tables of objects with one revision counter, as etcd has it."""

    def __init__(self, lock: threading.RLock) -> None:
        self.lock = lock
        self.changed = threading.Condition(lock)
        self.revision = 1
        self._compacted = 0  # the revision whose changes are forgotten, and all before it
        self._tables: dict[str, dict[Key, Obj]] = {}
        self._encoded: dict[str, dict[Key, bytes]] = {}
        self._history: deque[Event] = deque(maxlen=HISTORY)

    def get(self, storage: str, key: Key) -> Obj | None:
        """The stored object itself: not to be changed."""
        return self._tables.get(storage, {}).get(key)

    def table(self, storage: str) -> dict[Key, Obj]:
        """All stored objects of a resource: not to be changed."""
        return self._tables.get(storage, {})

    def storages(self) -> tuple[str, ...]:
        """The names of all tables."""
        return tuple(self._tables)

    def sorted(self, storage: str, namespace: str | None) -> Iterator[tuple[Key, Obj]]:
        """Stored objects in key order, those of one namespace unless it is None or empty."""
        table = self.table(storage)
        for key in sorted(table):
            if not namespace or key[0] == namespace:
                yield key, table[key]

    def encoded(self, storage: str, key: Key) -> bytes:
        """The object as JSON, encoded once per write."""
        cache = self._encoded.setdefault(storage, {})
        found = cache.get(key)
        if found is None:
            found = cache[key] = encode(self._tables[storage][key])
        return found

    def copy(self, storage: str, key: Key) -> Obj:
        """A copy of a stored object for somebody who may change it."""
        copied: Obj = json.loads(self.encoded(storage, key))
        return copied

    def put(self, storage: str, obj: Obj) -> Obj:
        """Store the object under the next revision, which is written into it."""
        key = key_of(obj)
        previous = self.get(storage, key)
        self.revision += 1
        obj["metadata"]["resourceVersion"] = str(self.revision)
        self._tables.setdefault(storage, {})[key] = obj
        self._encoded.setdefault(storage, {}).pop(key, None)
        self._record("MODIFIED" if previous is not None else "ADDED", storage, obj, previous)
        return obj

    def remove(self, storage: str, key: Key) -> Obj | None:
        """Take an object out; its last state, under the revision of the removal, or None."""
        previous = self._tables.get(storage, {}).pop(key, None)
        self._encoded.get(storage, {}).pop(key, None)
        if previous is None:
            return None
        self.revision += 1
        meta = {**previous["metadata"], "resourceVersion": str(self.revision)}
        last = {**previous, "metadata": meta}
        self._record("DELETED", storage, last, previous)
        return last

    def since(self, storage: str, revision: int) -> list[Event]:
        """Writes to a resource after a revision; ApiError 410 when they are forgotten."""
        return [event for event in self.after(revision) if event.storage == storage]

    def after(self, revision: int) -> list[Event]:
        """All writes after a revision; ApiError 410 when they are forgotten."""
        known = self._history[0].revision - 1 if self._history else 0
        if revision < (oldest := max(known, self._compacted)):
            raise expired(f"too old resource version: {revision} ({oldest})")
        found: list[Event] = []
        for event in reversed(self._history):
            if event.revision <= revision:
                break
            found.append(event)
        found.reverse()
        return found

    def compact(self, beyond: int) -> None:
        """Go on from a revision greater than *beyond* and forget every change up to it."""
        self.revision = max(self.revision, beyond) + 1
        self._compacted = self.revision
        self._history.clear()

    def at(self, storage: str, revision: int) -> dict[Key, Obj]:
        """All objects of a resource as they were at a revision; ApiError 410 when forgotten."""
        table = dict(self.table(storage))
        for event in reversed(self.since(storage, revision)):
            if event.previous is None:
                table.pop(key_of(event.obj), None)
            else:
                table[key_of(event.obj)] = event.previous
        return table

    def _record(
        self,
        kind: Literal["ADDED", "MODIFIED", "DELETED"],
        storage: str,
        obj: Obj,
        previous: Obj | None,
    ) -> None:
        self._history.append(
            Event(revision=self.revision, type=kind, storage=storage, obj=obj, previous=previous)
        )
        self.changed.notify_all()
