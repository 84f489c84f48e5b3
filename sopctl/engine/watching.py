"""Background reads of steps that are already done: the second read, and the effect.

They change nothing. What they find passes through the leg's single appender.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta

from sopctl.core.action import AnyAction, Seen
from sopctl.core.journal import Entry
from sopctl.core.resource import Observed
from sopctl.engine import records
from sopctl.engine.compare import GONE, change_of, state_of
from sopctl.engine.session import Session
from sopctl.engine.state import Item, Phase, Watched, Work
from sopctl.engine.window import UNREADABLE

Key = tuple[str, str]
# Seconds: a read that fails, or that an eventually consistent API answers from before the write,
# is no proof that somebody changed it again.
SECOND_EVERY, SECOND_WITHIN = 2.0, 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A read under way: what it is of, and when it was asked."""

    future: Future[Seen]
    items: list[Item]
    asked: datetime


class Watchers:
    """The background reads of one leg. Restarted by the next leg if this one is lost."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._next: dict[Key, datetime] = {}
        self._running: dict[Key, Look] = {}

    def tick(self) -> None:
        """Record what has been seen, and start the reads that are due."""
        self._session.append(*self._collect())
        now = self._session.deps.clock.now()
        for work in self._session.state.works:
            if work.superseded:
                continue
            for watched in work.watches.values():
                if watched.ok is None:
                    self._start(work, watched, now)

    def _start(self, work: Work, watched: Watched, now: datetime) -> None:
        key = (work.key, watched.what)
        settle = self._session.action(work).settle if watched.what == "second" else 0.0
        due = self._next.setdefault(key, watched.since + timedelta(seconds=settle))
        if key in self._running or now < due:
            return
        look = self._second if watched.what == "second" else self._effect
        items = self._standing(work)
        future = self._session.deps.pool.submit(look, work, items, watched.since)
        self._running[key] = Look(future=future, items=items, asked=now)

    def _collect(self) -> list[Entry]:
        entries = []
        for key, look in list(self._running.items()):
            if not look.future.done():
                continue
            del self._running[key]
            seen = look.future.result()
            standing = self._standing(self._session.state.work(key[0]))
            if not seen.ok and len(look.items) != len(standing):
                continue  # we wrote there again meanwhile: look again
            entry = self._conclude(key, seen, look.asked)
            if entry:
                entries.append(entry)
        return entries

    def _conclude(self, key: Key, seen: Seen, asked: datetime) -> Entry | None:
        """The verdict, if it is one: what is missing was missing when its time was over.

        An answer can be long on its way, and a laptop asleep meanwhile: how late it comes says
        nothing about what there was to see, so that its time counts from when it was asked.
        """
        work = self._session.state.work(key[0])
        watched = work.watches.get(key[1])
        if work.superseded or watched is None or watched.ok is not None:
            return None
        every, within = self._patience(work, watched)
        if not seen.ok and (asked - watched.since).total_seconds() < within:
            self._next[key] = self._session.deps.clock.now() + timedelta(seconds=every)
            return None
        return records.watch(key[0], key[1], ok=seen.ok, detail=seen.detail)

    def _patience(self, work: Work, watched: Watched) -> tuple[float, float]:
        effect = self._session.action(work).effect
        if watched.what == "second" or effect is None:
            return SECOND_EVERY, SECOND_WITHIN
        return effect.every, effect.within

    def _standing(self, work: Work) -> list[Item]:
        """What *work* wrote, but for what a later step of this run wrote again."""
        works = self._session.state.works
        place = next(n for n, other in enumerate(works) if other is work)
        again = {item.resource for other in works[place + 1 :] for item in other.touched}
        settled = (item for item in work.items.values() if item.phase is Phase.SETTLED)
        return [item for item in settled if item.resource not in again]

    def _second(self, work: Work, items: list[Item], _since: datetime) -> Seen:
        """Is it still as it was when it was read back?"""
        action, params = self._session.action(work), self._session.params(work)
        try:
            seen = action.observe(
                self._session.deps.clients, params, [item.resource for item in items]
            )
        except UNREADABLE as error:
            return Seen(ok=False, detail=f"cannot be read again: {error.summary}")
        looked = [(item, seen.get(item.resource, GONE)) for item in items]
        there = [each for each in looked if not _lost(*each)]
        moved = [item for item, found in there if not _same(action, item, found)]
        if moved:
            resource = moved[0].resource
            who = self._session.deps.blame([resource]).get(resource, "somebody else")
            return Seen(ok=False, detail=f"changed again by {who}: {resource}")
        gone = f"; gone since: {len(items) - len(there)}" if len(there) < len(items) else ""
        return Seen(ok=True, detail=f"{len(there)} read again, as written{gone}")

    def _effect(self, work: Work, items: list[Item], since: datetime) -> Seen:
        if not items:
            return Seen(ok=True, detail="a later step wrote all of it again")
        action, params = self._session.action(work), self._session.params(work)
        assert action.effect is not None
        changes = [change_of(action, item) for item in items]
        try:
            return action.effect.look(self._session.deps.clients, params, changes, since)
        except UNREADABLE as error:
            return Seen(ok=False, detail=f"cannot be seen: {error.summary}")


def _lost(item: Item, found: Observed[object]) -> bool:
    """Gone with what we made of it; what we took away is gone as it should be."""
    return found.gone and item.settled is not None


def _same(action: AnyAction, item: Item, seen: Observed[object]) -> bool:
    """Equal, or so in the eyes of the action: our own mark may have gone from beside it."""
    if records.image(seen.state) == item.settled:
        return True
    return action.satisfies(state_of(action, item.settled), seen.state)
