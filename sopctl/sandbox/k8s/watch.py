"""Following a collection: events from the store's history, filtered as the list would be."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sopctl.sandbox.k8s.errors import ApiError
from sopctl.sandbox.k8s.objects import Obj, encode
from sopctl.sandbox.k8s.store import Event, Store

_PATIENCE = 0.5  # seconds between looks at whether anybody still listens
BOOKMARK_EVERY = 60.0  # seconds
_DEFAULT_TIMEOUT = 1800.0  # seconds

Test = Callable[[Obj], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is followed, and how an object is shown.

    `initial` is a snapshot to begin with (revision 0 or none given); `bookmarks` and
    `announce` are what the client asked for with allowWatchBookmarks and sendInitialEvents.
    """

    storage: str
    revision: int
    matches: Test
    render: Callable[[Obj], Obj]
    initial: tuple[Obj, ...] = ()
    timeout: float | None = None
    bookmarks: bool = False
    announce: bool = False
    bare: Callable[[str], Obj]


def events(store: Store, watch: Watch, stopped: Callable[[], bool]) -> Iterator[bytes]:
    """Watch events as JSON lines until the timeout; b"" when nothing happened for a while."""
    for obj in watch.initial:
        yield _line("ADDED", watch.render(obj))
    if watch.announce and watch.bookmarks:
        yield _line("BOOKMARK", _bookmark(watch, watch.revision, final=True))
    revision = watch.revision
    deadline = time.monotonic() + (watch.timeout or _DEFAULT_TIMEOUT)
    bookmark = time.monotonic() + BOOKMARK_EVERY
    while not stopped():
        left = deadline - time.monotonic()
        if left <= 0:
            break
        try:
            found, current = _next(store, watch.storage, revision, min(left, _PATIENCE))
        except ApiError as error:
            yield _line("ERROR", error.body)
            return
        for event in found:
            yield from _shown(event, watch)
        revision = max(revision, current)
        if not found:
            yield b""
        if watch.bookmarks and time.monotonic() >= bookmark:
            bookmark = time.monotonic() + BOOKMARK_EVERY
            yield _line("BOOKMARK", _bookmark(watch, revision))


def _next(store: Store, storage: str, revision: int, wait: float) -> tuple[list[Event], int]:
    with store.lock:
        found = store.since(storage, revision)
        if not found:
            store.changed.wait(wait)
            found = store.since(storage, revision)
        return found, store.revision


def _shown(event: Event, watch: Watch) -> Iterator[bytes]:
    """The event as a selector sees it: leaving the selection is a deletion."""
    before = event.previous is not None and watch.matches(event.previous)
    after = watch.matches(event.obj)
    if event.type == "DELETED":
        if before or after:
            yield _line("DELETED", watch.render(event.obj))
    elif after:
        yield _line("MODIFIED" if before else "ADDED", watch.render(event.obj))
    elif before and event.previous is not None:
        meta = {
            **event.previous["metadata"],
            "resourceVersion": event.obj["metadata"]["resourceVersion"],
        }
        yield _line("DELETED", watch.render({**event.previous, "metadata": meta}))


def _bookmark(watch: Watch, revision: int, *, final: bool = False) -> Obj:
    mark = watch.bare(str(revision))
    if final:
        mark["metadata"]["annotations"] = {"k8s.io/initial-events-end": "true"}
    return mark


def _line(kind: str, obj: Obj) -> bytes:
    return encode({"type": kind, "object": obj}) + b"\n"
