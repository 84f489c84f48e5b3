"""A store that forgets everything at exit: the contract of every store, for tests of the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import RLock

from sopctl.core.clock import boot_seconds
from sopctl.core.errors import AuditUnavailableError, FencedError
from sopctl.core.journal import GENESIS, Entry, Head, Holder, Lease, Record
from sopctl.journal import leases
from sopctl.journal.arrivals import arrival
from sopctl.journal.chain import Raw, Tail, raw, seal
from sopctl.journal.leases import Moment, Seat
from sopctl.journal.ledger import Checkpoint, LedgerEnd, checkpoint, identity
from sopctl.journal.redact import Scrubber


@dataclass(slots=True)
class _Run:
    head: Head
    seat: Seat = field(default_factory=Seat)
    records: list[Record] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Lock:
    lease: Lease
    since: str


class MemoryStore:
    """See ``core.journal.Store``. Thread-safe; *clock_seconds* is the lease clock."""

    def __init__(
        self,
        *,
        clock_seconds: Callable[[], float] = boot_seconds,
        wall: Callable[[], str] = leases.wall_clock,
        scrubber: Scrubber | None = None,
    ) -> None:
        self._seconds = clock_seconds
        self._wall = wall
        self._scrubber = scrubber or Scrubber()
        self._runs: dict[str, _Run] = {}
        self._locks: dict[str, _Lock] = {}
        self._ledger: list[Checkpoint] = []
        self._mutex = RLock()

    def create(self, run: str, *, target: str, runbook: str, at: str) -> bool:
        with self._mutex:
            if run in self._runs:
                return False
            head = Head(run=run, target=target, runbook=runbook, created=at, seq=-1, hash=GENESIS)
            self._runs[run] = _Run(head)
            self._note(run, -1, identity(head), at)
            return True

    def read(self, run: str, after: int = -1) -> tuple[Record, ...]:
        with self._mutex:
            found = self._runs.get(run)
            return () if found is None else tuple(found.records[after + 1 :])

    def claim(self, run: str, worker: str, ttl: float) -> Lease | Holder:
        with self._mutex:
            found, now = self._run(run), self._now()
            if leases.remaining(found.seat, now) > 0:
                return leases.holder(run, found.seat, now)
            return self._seat(run, worker, ttl)

    def takeover(self, run: str, worker: str, ttl: float) -> Lease:
        with self._mutex:
            return self._seat(run, worker, ttl)

    def renew(self, lease: Lease) -> bool:
        with self._mutex:
            found = self._run(lease.run)
            if leases.lost(found.seat, lease):
                return False
            found.seat = leases.renewed(found.seat, lease, self._now())
            return True

    def release(self, lease: Lease) -> None:
        with self._mutex:
            found = self._run(lease.run)
            if not leases.lost(found.seat, lease):
                found.seat = leases.left(found.seat)

    def append(
        self, lease: Lease, expected: int, entries: Sequence[Entry], at: str
    ) -> tuple[Record, ...]:
        with self._mutex:
            found = self._run(lease.run)
            tail = Tail(lease.run, found.head.seq, found.head.hash)
            if why := leases.lost(found.seat, lease) or leases.grown(lease.run, tail.seq, expected):
                raise FencedError(why, hint="Stop here; another leg goes on with this run.")
            records = seal(tail, entries, epoch=lease.epoch, at=at, scrub=self._scrubber.json)
            self._add(found, records, at)
            return records

    def runs(self) -> tuple[Head, ...]:
        with self._mutex:
            heads = [found.head for found in self._runs.values()]
        return tuple(sorted(heads, key=lambda head: (head.created, head.run)))

    def lock_target(self, target: str, lease: Lease, at: str) -> Holder | None:
        with self._mutex:
            if why := leases.lost(self._run(lease.run).seat, lease):
                raise FencedError(why, hint="Stop here; another leg goes on with this run.")
            held = self._locks.get(target)
            if held is not None and held.lease.run != lease.run:
                seat, now = self._run(held.lease.run).seat, self._now()
                if leases.remaining(seat, now) > 0:
                    return replace(leases.holder(held.lease.run, seat, now), since=held.since)
            self._locks[target] = _Lock(lease, at)
            return None

    def unlock_target(self, target: str, lease: Lease) -> None:
        with self._mutex:
            held = self._locks.get(target)
            if held and (held.lease.run, held.lease.epoch) == (lease.run, lease.epoch):
                del self._locks[target]

    def import_run(self, head: Head, records: Iterable[Record]) -> int:
        with self._mutex:
            found = self._runs.get(head.run)
            here = (found.head, self.read(head.run)) if found else None
            coming = arrival(head, tuple(records), here)
            if found is None:
                self.create(head.run, target=head.target, runbook=head.runbook, at=head.created)
                found = self._runs[head.run]
            if coming.records:
                found.seat = Seat(epoch=max(found.seat.epoch, coming.epoch))
                self._add(found, coming.records, self._wall())
            return len(coming.records)

    def raw(self, run: str) -> tuple[Raw, ...]:
        """The records as they lie here, for ``journal.verify``."""
        return tuple(raw(record) for record in self.read(run))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is of one moment, whatever others append meanwhile."""
        with self._mutex:
            yield

    def strays(self) -> tuple[tuple[str, int], ...]:
        """Runs that have records but no head: none can."""
        return ()

    def integrity(self) -> tuple[str, ...]:
        """What is wrong with the file: there is none."""
        return ()

    def ledger(self) -> tuple[tuple[Checkpoint, ...], LedgerEnd]:
        """All checkpoints and the kept end, for ``journal.verify``."""
        with self._mutex:
            return tuple(self._ledger), self._end()

    def _now(self) -> Moment:
        return Moment(seconds=self._seconds(), wall=self._wall())

    def _run(self, run: str) -> _Run:
        found = self._runs.get(run)
        if found is None:
            raise AuditUnavailableError(
                f"there is no journal of run {run}", hint="List the runs with `sopctl audit list`."
            )
        return found

    def _seat(self, run: str, worker: str, ttl: float) -> Lease:
        found = self._run(run)
        found.seat = leases.seated(found.seat, worker, ttl, self._now())
        return Lease(run=run, worker=worker, epoch=found.seat.epoch, ttl=ttl)

    def _add(self, found: _Run, records: Sequence[Record], at: str) -> None:
        if not records:
            return
        found.records.extend(records)
        found.head = replace(found.head, seq=records[-1].seq, hash=records[-1].hash)
        self._note(found.head.run, found.head.seq, found.head.hash, at)

    def _note(self, run: str, seq: int, head: str, at: str) -> None:
        self._ledger.append(checkpoint(self._end(), run, seq, head, at))

    def _end(self) -> LedgerEnd:
        return LedgerEnd(self._ledger[-1].n, self._ledger[-1].hash) if self._ledger else LedgerEnd()
