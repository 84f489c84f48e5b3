"""The statements of the embedded store: rows in, values out; no rule is decided here.

Rows may have been spoiled by hand. What is read for checking keeps its place whatever it holds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sopctl.core.codec import canonical
from sopctl.core.journal import Head, Lease, Record
from sopctl.journal.chain import Raw
from sopctl.journal.leases import Seat
from sopctl.journal.ledger import Checkpoint, LedgerEnd


@dataclass(frozen=True, slots=True)
class Run:
    head: Head
    seat: Seat


@dataclass(frozen=True, slots=True)
class Lock:
    run: str
    since: str


# A cell is whatever SQLite holds there, which is not always what the column says.
_Cell = Any
_LAST = 2**63 - 1


def _all(db: sqlite3.Connection, sql: str, *values: _Cell) -> list[tuple[_Cell, ...]]:
    with closing(db.execute(sql, values)) as cursor:
        return cursor.fetchall()


def _integer(cell: _Cell) -> int:
    return cell if isinstance(cell, int) else -1


def _string(cell: _Cell) -> str:
    return cell if isinstance(cell, str) else repr(cell)


def _number(cell: _Cell) -> float:
    return float(cell) if isinstance(cell, int | float) else 0.0


def find(db: sqlite3.Connection, run: str) -> Run | None:
    found = _all(
        db,
        "SELECT run, target, runbook, created, seq, hash, worker, epoch, since, until, ttl, boot"
        " FROM runs WHERE run = ?",
        run,
    )
    if not found:
        return None
    row = found[0]
    seat = Seat(
        worker=_string(row[6]), epoch=_integer(row[7]), since=_string(row[8]),
        until=_number(row[9]), ttl=_number(row[10]), boot=_string(row[11]),
    )  # fmt: skip
    return Run(_head(row), seat)


def heads(db: sqlite3.Connection) -> tuple[Head, ...]:
    sql = "SELECT run, target, runbook, created, seq, hash FROM runs ORDER BY created, run"
    return tuple(_head(row) for row in _all(db, sql))


def _head(row: tuple[_Cell, ...]) -> Head:
    return Head(
        run=_string(row[0]), target=_string(row[1]), runbook=_string(row[2]),
        created=_string(row[3]), seq=_integer(row[4]), hash=_string(row[5]),
    )  # fmt: skip


def add_run(db: sqlite3.Connection, head: Head) -> None:
    db.execute(
        "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, '', 0, '', 0, 0, '')",
        (head.run, head.target, head.runbook, head.created, head.seq, head.hash),
    )


def set_seat(db: sqlite3.Connection, run: str, seat: Seat) -> None:
    db.execute(
        "UPDATE runs SET worker = ?, epoch = ?, since = ?, until = ?, ttl = ?, boot = ?"
        " WHERE run = ?",
        (seat.worker, seat.epoch, seat.since, seat.until, seat.ttl, seat.boot, run),
    )


def records(
    db: sqlite3.Connection, run: str, after: int | None, until: int = _LAST
) -> tuple[Raw, ...]:
    """The records after *after* (None: all there are, whatever their seq), in order."""
    columns = "SELECT run, seq, epoch, at, kind, data, prev, hash FROM records"
    if after is None:
        found = _all(db, f"{columns} WHERE run = ? ORDER BY seq", run)
    else:
        where = "WHERE run = ? AND seq > ? AND seq <= ? ORDER BY seq"
        found = _all(db, f"{columns} {where}", run, after, until)
    return tuple(
        Raw(
            run=_string(row[0]), seq=_integer(row[1]), epoch=_integer(row[2]), at=_string(row[3]),
            kind=_string(row[4]), data=_string(row[5]), prev=_string(row[6]), hash=_string(row[7]),
        )
        for row in found
    )  # fmt: skip


def add_records(db: sqlite3.Connection, added: Sequence[Record]) -> None:
    """Append *added*, which are of one run, and move its head."""
    db.executemany(
        "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (r.run, r.seq, r.epoch, r.at, r.kind, canonical(r.data).decode(), r.prev, r.hash)
            for r in added
        ),
    )
    last = added[-1]
    db.execute("UPDATE runs SET seq = ?, hash = ? WHERE run = ?", (last.seq, last.hash, last.run))


def strays(db: sqlite3.Connection) -> tuple[tuple[str, int], ...]:
    """Runs that have records but no row of their own, with the first seq of each."""
    sql = (
        "SELECT run, min(seq) FROM records WHERE run NOT IN (SELECT run FROM runs)"
        " GROUP BY run ORDER BY run"
    )
    return tuple((_string(row[0]), _integer(row[1])) for row in _all(db, sql))


def ledger(db: sqlite3.Connection) -> tuple[Checkpoint, ...]:
    found = _all(db, "SELECT n, at, run, seq, head, prev, hash FROM ledger ORDER BY n")
    return tuple(
        Checkpoint(
            n=_integer(row[0]), at=_string(row[1]), run=_string(row[2]), seq=_integer(row[3]),
            head=_string(row[4]), prev=_string(row[5]), hash=_string(row[6]),
        )
        for row in found
    )  # fmt: skip


def ledger_end(db: sqlite3.Connection) -> LedgerEnd:
    found = _all(db, "SELECT n, hash FROM ledger_end")
    return LedgerEnd(_integer(found[0][0]), _string(found[0][1])) if found else LedgerEnd(-2, "")


def add_checkpoint(db: sqlite3.Connection, row: Checkpoint) -> None:
    db.execute(
        "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?)",
        (row.n, row.at, row.run, row.seq, row.head, row.prev, row.hash),
    )
    db.execute("UPDATE ledger_end SET n = ?, hash = ?", (row.n, row.hash))


def lock(db: sqlite3.Connection, target: str) -> Lock | None:
    found = _all(db, "SELECT run, since FROM locks WHERE target = ?", target)
    return Lock(_string(found[0][0]), _string(found[0][1])) if found else None


def set_lock(db: sqlite3.Connection, target: str, lease: Lease, at: str) -> None:
    db.execute(
        "INSERT OR REPLACE INTO locks VALUES (?, ?, ?, ?)", (target, lease.run, lease.epoch, at)
    )


def drop_lock(db: sqlite3.Connection, target: str, lease: Lease) -> None:
    db.execute(
        "DELETE FROM locks WHERE target = ? AND run = ? AND epoch = ?",
        (target, lease.run, lease.epoch),
    )


def integrity(db: sqlite3.Connection) -> tuple[str, ...]:
    found = [_string(row[0]) for row in _all(db, "PRAGMA integrity_check")]
    return () if found == ["ok"] else tuple(found)
