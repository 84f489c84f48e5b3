"""What every store of journals promises, as kits that a test can open, wind forward and share.

To put another store under the contract, add a kit to ``KITS``.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from sopctl.core.journal import Entry, Lease, Record
from sopctl.journal.memory import MemoryStore
from sopctl.journal.redact import Scrubber
from sopctl.journal.sqlite import SqliteStore

AT = "2026-11-21T03:00:00.000000Z"
LATER = "2026-11-21T04:00:00.000000Z"

AnyStore = MemoryStore | SqliteStore


@dataclass
class Kit:
    """One journal: *open* gives another opening of it, *seconds* is its lease clock."""

    directory: Path
    seconds: float = 1000.0
    boot: str = "boot-1"
    stack: ExitStack = field(default_factory=ExitStack)
    scrubber: Scrubber = field(default_factory=Scrubber)

    def open(self) -> AnyStore:
        raise NotImplementedError


class MemoryKit(Kit):
    """Every opening is the same store: there is nothing else to share."""

    _store: MemoryStore | None = None

    def open(self) -> AnyStore:
        if self._store is None:
            self._store = MemoryStore(clock_seconds=lambda: self.seconds, scrubber=self.scrubber)
        return self._store


class SqliteKit(Kit):
    """Every opening is a connection of its own, as another process would have."""

    @property
    def path(self) -> Path:
        return self.directory / "state" / "journal.db"

    def open(self, *, busy: float = 5.0, read_only: bool = False) -> SqliteStore:
        store = SqliteStore(
            self.path,
            clock_seconds=lambda: self.seconds,
            boot=lambda: self.boot,
            scrubber=self.scrubber,
            busy=busy,
            read_only=read_only,
        )
        return self.stack.enter_context(store)


KITS = (MemoryKit, SqliteKit)


def entry(number: int, kind: str = "note") -> Entry:
    return Entry(kind=kind, data={"n": number})


def entries(*numbers: int) -> list[Entry]:
    return [entry(number) for number in numbers]


def numbers(records: Sequence[Record]) -> list[object]:
    return [record.data["n"] for record in records]


def started(store: AnyStore, run: str = "R", worker: str = "w1", ttl: float = 10.0) -> Lease:
    """A run of that name with its lease taken."""
    store.create(run, target="prod", runbook="az-failure", at=AT)
    lease = store.claim(run, worker, ttl)
    assert isinstance(lease, Lease)
    return lease
