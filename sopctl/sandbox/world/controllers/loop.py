"""The loop that every controller has: what changed, and what is due, is looked at once.

What the API refuses (a quota, an admission policy, an object that changed meanwhile) is tried
again later, as a work queue does it. One refusal is not the end of a round.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sopctl.sandbox.world import pods
from sopctl.sandbox.world.index import Change, Key
from sopctl.sandbox.world.ports import ApiError, Obj
from sopctl.sandbox.world.times import earliest
from sopctl.sandbox.world.view import View

RETRY = timedelta(seconds=10)

# Brings one object nearer to its spec; returns when to look at it again, or None.
Sync = Callable[[View, Obj, datetime], datetime | None]
# Names the objects that have to be looked at because another one changed.
Related = Callable[[View, Change], Iterable[Key]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a controller does with each object of a resource, and what else concerns it."""

    resource: str
    sync: Sync
    related: Mapping[str, Related] = field(default_factory=dict)
    doomed: bool = False  # whether objects that are being deleted are its business too

    @property
    def watched(self) -> tuple[str, ...]:
        """The resources whose changes are a reason to act."""
        return (self.resource, *self.related)

    def once(self, view: View, now: datetime) -> datetime | None:
        """Look at every object; return when the next one is due."""
        wake: datetime | None = None
        for obj in view.all(self.resource):
            if view.spent:
                break
            wake = earliest(wake, self.look(view, obj, now))
        return wake

    def look(self, view: View, obj: Obj, now: datetime) -> datetime | None:
        """Sync one object unless it is being deleted; return when to look again."""
        if pods.is_terminating(obj) and not self.doomed:
            return None
        try:
            return self.sync(view, obj, now)
        except ApiError:
            return now + RETRY


class Queue:
    """The objects of a work that are to be looked at, and when."""

    def __init__(self, work: Work) -> None:
        """Begin with everything to be looked at."""
        self._work = work
        self._seen: dict[str, int] | None = None
        self._dirty: dict[Key, None] = {}
        self._due: list[tuple[datetime, Key]] = []

    def reconcile(self, view: View, now: datetime) -> datetime | None:
        """Look at what changed or is due; return when the next object is due."""
        self._notice(view)
        while self._due and self._due[0][0] <= now:
            self._dirty[heapq.heappop(self._due)[1]] = None
        while self._dirty and not view.spent:
            key = next(iter(self._dirty))
            del self._dirty[key]
            obj = view.get(self._work.resource, key[1], key[0])
            wake = None if obj is None else self._work.look(view, obj, now)
            if wake is not None:
                heapq.heappush(self._due, (wake, key))
        return self._due[0][0] if self._due else None

    def rouse(self) -> None:
        """Look at everything again: something happened that no object shows."""
        self._seen = None

    def _notice(self, view: View) -> None:
        work, seen = self._work, self._seen or {}
        versions = {each: view.version(each) for each in work.watched}
        forgotten = self._seen is None
        for resource in work.watched if seen else ():
            changes = view.changes(resource, seen[resource])
            if changes is None:
                forgotten = True
                break
            names = work.related.get(resource)
            for change in changes:
                if resource == work.resource:
                    self._dirty[change.key] = None
                for key in names(view, change) if names is not None else ():
                    self._dirty[key] = None
        if forgotten:
            self._dirty = {_key(obj): None for obj in view.all(work.resource)}
        self._seen = versions


def owner(kind: str) -> Related:
    """Return a relation: the controller of this kind of the object that changed."""
    return _OwnerOf(kind)


@dataclass(frozen=True, slots=True)
class _OwnerOf:
    kind: str

    def __call__(self, view: View, change: Change) -> Iterable[Key]:
        """Name the controllers before and after the change."""
        del view
        for obj in (change.old, change.new):
            found = None if obj is None else pods.controller(obj)
            if found is not None and found["kind"] == self.kind:
                yield change.key[0], found["name"]


def _key(obj: Obj) -> Key:
    return obj["metadata"].get("namespace") or "", obj["metadata"]["name"]
