"""The embedded store: journals of many runs in one SQLite file of this machine.

One connection, one lock. Whatever decides and writes does both in one ``BEGIN IMMEDIATE``
transaction, so that of two processes one sees what the other did.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Self

from sopctl.core.clock import boot_seconds
from sopctl.core.errors import AuditBrokenError, AuditUnavailableError, FencedError
from sopctl.core.journal import GENESIS, Entry, Head, Holder, Lease, Record
from sopctl.journal import leases, rows
from sopctl.journal.arrivals import arrival
from sopctl.journal.chain import Break, Raw, Tail, check, check_head, seal
from sopctl.journal.faults import is_io_error, translated
from sopctl.journal.leases import Moment, Seat
from sopctl.journal.ledger import Checkpoint, LedgerEnd, checkpoint, identity
from sopctl.journal.redact import Scrubber
from sopctl.journal.schema import open_reader, open_writer
from sopctl.journal.turns import begin_writing


class SqliteStore:
    """See ``core.journal.Store``; thread-safe, and safe among processes of one machine.

    *clock_seconds* is the lease clock and *boot* the id of the boot it counts from; *busy* is how
    many seconds to wait for another process. With *read_only* every writing method raises
    AuditUnavailableError. Close it, or use it as a context manager.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock_seconds: Callable[[], float] = boot_seconds,
        boot: Callable[[], str] = leases.boot_id,
        scrubber: Scrubber | None = None,
        busy: float = 5.0,
        read_only: bool = False,
    ) -> None:
        self._path = path
        self._seconds = clock_seconds
        self._boot = boot
        self._scrubber = scrubber or Scrubber()
        self._busy = busy
        self._read_only = read_only
        self._failed = False
        self._mutex = RLock()
        self._db = open_reader(path, busy) if read_only else open_writer(path, busy)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        with self._mutex, translated(self._path):
            self._db.close()

    def create(self, run: str, *, target: str, runbook: str, at: str) -> bool:
        head = Head(run=run, target=target, runbook=runbook, created=at, seq=-1, hash=GENESIS)
        with self._write() as db:
            if rows.find(db, run) is not None:
                return False
            rows.add_run(db, head)
            self._note(run, -1, identity(head), at)
            return True

    def read(self, run: str, after: int = -1) -> tuple[Record, ...]:
        """As the contract says; raises AuditBrokenError if what is read is not what was sealed."""
        with self.snapshot():
            found = rows.find(self._db, run)
            if found is None:
                return ()
            stored = rows.records(self._db, run, after)
            before = rows.records(self._db, run, after - 1, after)
        if after > found.head.seq and not stored:
            return ()
        tail = Tail(run, after, before[-1].hash) if before else Tail(run)
        self._refuse_broken(check(stored, tail) + check_head(found.head, stored, tail))
        return tuple(raw.record() for raw in stored)

    def claim(self, run: str, worker: str, ttl: float) -> Lease | Holder:
        with self._write():
            found, now = self._run(run), self._now()
            if leases.remaining(found.seat, now) > 0:
                return leases.holder(run, found.seat, now)
            return self._seat(found, worker, ttl)

    def takeover(self, run: str, worker: str, ttl: float) -> Lease:
        with self._write():
            return self._seat(self._run(run), worker, ttl)

    def renew(self, lease: Lease) -> bool:
        with self._write() as db:
            found = self._run(lease.run)
            if leases.lost(found.seat, lease):
                return False
            rows.set_seat(db, lease.run, leases.renewed(found.seat, lease, self._now()))
            return True

    def release(self, lease: Lease) -> None:
        with self._write() as db:
            found = self._run(lease.run)
            if not leases.lost(found.seat, lease):
                rows.set_seat(db, lease.run, leases.left(found.seat))

    def append(
        self, lease: Lease, expected: int, entries: Sequence[Entry], at: str
    ) -> tuple[Record, ...]:
        with self._write():
            found = self._run(lease.run)
            tail = Tail(lease.run, found.head.seq, found.head.hash)
            why = leases.lost(found.seat, lease) or leases.grown(lease.run, tail.seq, expected)
            if why:
                raise FencedError(why, hint="Stop here; another leg goes on with this run.")
            records = seal(tail, entries, epoch=lease.epoch, at=at, scrub=self._scrubber.json)
            self._add(lease.run, records, at)
            return records

    def runs(self) -> tuple[Head, ...]:
        with self.snapshot():
            return rows.heads(self._db)

    def lock_target(self, target: str, lease: Lease, at: str) -> Holder | None:
        with self._write() as db:
            if why := leases.lost(self._run(lease.run).seat, lease):
                raise FencedError(why, hint="Stop here; another leg goes on with this run.")
            held = rows.lock(db, target)
            if held is not None and held.run != lease.run:
                seat, now = self._run(held.run).seat, self._now()
                if leases.remaining(seat, now) > 0:
                    return replace(leases.holder(held.run, seat, now), since=held.since)
            rows.set_lock(db, target, lease, at)
            return None

    def unlock_target(self, target: str, lease: Lease) -> None:
        with self._write() as db:
            rows.drop_lock(db, target, lease)

    def import_run(self, head: Head, records: Iterable[Record]) -> int:
        with self._write() as db:
            found = rows.find(db, head.run)
            here = (found.head, self.read(head.run)) if found else None
            coming = arrival(head, tuple(records), here)
            at = leases.wall_clock()
            if found is None:
                rows.add_run(db, replace(head, seq=-1, hash=GENESIS))
                self._note(head.run, -1, identity(head), at)
            if coming.records:
                epoch = max(coming.epoch, found.seat.epoch if found else 0)
                rows.set_seat(db, head.run, Seat(epoch=epoch))
                self._add(head.run, coming.records, at)
            return len(coming.records)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is of one moment, whatever others append meanwhile."""
        with self._mutex, translated(self._path):
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._end_transaction()

    def raw(self, run: str) -> tuple[Raw, ...]:
        """The records as they lie here, unchecked, for ``journal.verify``."""
        with self.snapshot():
            return rows.records(self._db, run, None)

    def ledger(self) -> tuple[tuple[Checkpoint, ...], LedgerEnd]:
        """All checkpoints and the kept end, for ``journal.verify``."""
        with self.snapshot():
            return rows.ledger(self._db), rows.ledger_end(self._db)

    def strays(self) -> tuple[tuple[str, int], ...]:
        """Runs that have records but no head, each with its first seq, for ``journal.verify``."""
        with self.snapshot():
            return rows.strays(self._db)

    def integrity(self) -> tuple[str, ...]:
        """What SQLite finds wrong with the file itself; empty is sound."""
        with self.snapshot():
            return rows.integrity(self._db)

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._mutex, translated(self._path):
            self._refuse_unwritable()
            try:
                begin_writing(self._db, self._busy)
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                self._failed = self._failed or is_io_error(error)
                raise
            finally:
                self._end_transaction()

    def _end_transaction(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _refuse_unwritable(self) -> None:
        if self._read_only:
            raise AuditUnavailableError(
                f"the journal {self._path} is open for reading only",
                hint="Open it for writing to change it.",
            )
        if self._failed:
            # After a failed fsync the kernel calls lost pages clean: a second try would succeed
            # and mean nothing (Rebello et al., "Can Applications Recover from fsync Failures?").
            raise AuditUnavailableError(
                f"the journal {self._path} had a disk error; this process writes it no more",
                hint="Check the disk (`dmesg`), then start sopctl anew and resume the run.",
            )

    def _refuse_broken(self, breaks: tuple[Break, ...]) -> None:
        if breaks:
            raise AuditBrokenError(
                f"the journal {self._path} is broken: {breaks[0]}",
                hint="Run `sopctl audit verify` for all places; do not go on from this journal.",
            )

    def _now(self) -> Moment:
        return Moment(seconds=self._seconds(), boot=self._boot(), wall=leases.wall_clock())

    def _run(self, run: str) -> rows.Run:
        found = rows.find(self._db, run)
        if found is None:
            raise AuditUnavailableError(
                f"there is no journal of run {run}", hint="List the runs with `sopctl audit list`."
            )
        return found

    def _seat(self, found: rows.Run, worker: str, ttl: float) -> Lease:
        seat = leases.seated(found.seat, worker, ttl, self._now())
        rows.set_seat(self._db, found.head.run, seat)
        return Lease(run=found.head.run, worker=worker, epoch=seat.epoch, ttl=ttl)

    def _add(self, run: str, records: Sequence[Record], at: str) -> None:
        if records:
            rows.add_records(self._db, records)
            self._note(run, records[-1].seq, records[-1].hash, at)

    def _note(self, run: str, seq: int, head: str, at: str) -> None:
        row = checkpoint(rows.ledger_end(self._db), run, seq, head, at)
        rows.add_checkpoint(self._db, row)
