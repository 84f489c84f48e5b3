"""What a journal is made of, and what every store of journals promises.

The journal is the only truth about a run: recovery log, before-images and audit trail at once.
Every view is a fold over its records.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from sopctl.core.codec import Json, canonical

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something to be recorded."""

    kind: str
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Something recorded: *hash* covers every other field, *prev* is the hash before it.

    *at* is the recorder's time (see ``core.clock.stamp``); *epoch* the lease it was written under.
    """

    run: str
    seq: int
    epoch: int
    at: str
    kind: str
    data: Mapping[str, Json]
    prev: str
    hash: str = ""

    def sealed(self) -> Record:
        """This record with its hash computed."""
        return replace(self, hash=self.computed())

    def computed(self) -> str:
        body: dict[str, Json] = {
            "run": self.run,
            "seq": self.seq,
            "epoch": self.epoch,
            "at": self.at,
            "kind": self.kind,
            "data": self.data,
            "prev": self.prev,
        }
        return hashlib.sha256(b"\x00" + canonical(body)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to write a run's journal: void as soon as somebody else has a higher epoch."""

    run: str
    worker: str
    epoch: int
    ttl: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a run or a target, for people."""

    run: str
    worker: str
    since: str
    expires_in: float  # seconds; at most 0 is: may be taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of one run's chain."""

    run: str
    target: str
    runbook: str
    created: str
    seq: int
    hash: str


class Store(Protocol):
    """Journals of many runs. Durable means: on disk before the method returns.

    Every method raises AuditUnavailableError when the store cannot be written or read.
    """

    def create(self, run: str, *, target: str, runbook: str, at: str) -> bool:
        """Make room for a run's journal; False if it is there already."""
        ...

    def read(self, run: str, after: int = -1) -> tuple[Record, ...]:
        """The records with a seq greater than *after*, in order."""
        ...

    def claim(self, run: str, worker: str, ttl: float) -> Lease | Holder:
        """Take the run's lease if it is free or expired (epoch grows), else say who has it."""
        ...

    def renew(self, lease: Lease) -> bool:
        """Extend the lease; False: it is lost."""
        ...

    def release(self, lease: Lease) -> None:
        """Give the lease back; harmless if it is lost."""
        ...

    def takeover(self, run: str, worker: str, ttl: float) -> Lease:
        """Take the lease whoever has it; a person decided so."""
        ...

    def append(
        self, lease: Lease, expected: int, entries: Sequence[Entry], at: str
    ) -> tuple[Record, ...]:
        """Append *entries* as one durable whole, after seq *expected* and under *lease*.

        Raises FencedError, and appends nothing, if the epoch is not the newest or the journal has
        grown since *expected* was its last seq (-1: empty).
        """
        ...

    def runs(self) -> tuple[Head, ...]:
        """All runs, oldest first."""
        ...

    def lock_target(self, target: str, lease: Lease, at: str) -> Holder | None:
        """Take the target for *lease*'s run; None is: taken. Expired locks are taken over."""
        ...

    def unlock_target(self, target: str, lease: Lease) -> None:
        """Give the target back; harmless if it is not ours."""
        ...

    def import_run(self, head: Head, records: Iterable[Record]) -> int:
        """Add the records of an exported run; how many were new. A fork raises AuditBrokenError."""
        ...
