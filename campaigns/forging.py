"""A journal that nobody has edited, and the tools of somebody who will.

The editor knows the format, can write the file, and cleans up after himself.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from campaigns.frame import scratch
from sopctl.core.journal import GENESIS, Entry, Head, Record
from sopctl.journal.chain import Raw, raw
from sopctl.journal.ledger import Checkpoint, LedgerEnd, checkpoint, identity
from sopctl.journal.sqlite import SqliteStore

Db: TypeAlias = sqlite3.Connection
Honest: TypeAlias = tuple[tuple[Head, ...], tuple[tuple[Raw, ...], ...], tuple[Checkpoint, ...]]
AT, NAME = "2026-11-21T03:00:00.000000Z", "journal.db"
RUNS, APPENDS, MANY = ("A", "B", "C"), 14, 5000


@dataclass(frozen=True)
class Journal:
    """A journal's file now and some appends ago, what is in it, and the end of its ledger."""

    now: bytes
    older: bytes
    honest: Honest
    end: LedgerEnd


@lru_cache(maxsize=4)
def journal(seed: int) -> Journal:
    """Three runs, appended to in turns."""
    dice = random.Random(seed)
    with scratch() as made:
        path = Path(made) / "state" / NAME
        leases, ends, older = {}, dict.fromkeys(RUNS, -1), b""
        with SqliteStore(path) as store:
            for run in RUNS:
                store.create(run, target="prod", runbook="az-failure", at=AT)
                leases[run] = store.takeover(run, "w", 60.0)
        for number in range(APPENDS):
            run = RUNS[number % 3] if number < APPENDS // 2 else dice.choice(RUNS)
            data = [{"n": n, "pad": dice.randbytes(9).hex()} for n in range(dice.randint(1, 3))]
            entries = [Entry(kind=dice.choice(["note", "watch"]), data=each) for each in data]
            with SqliteStore(path) as store:
                ends[run] = store.append(leases[run], ends[run], entries, AT)[-1].seq
            older = path.read_bytes() if number == APPENDS // 2 else older
        with SqliteStore(path) as store:
            honest, end = content(store), store.ledger()[1]
        return Journal(path.read_bytes(), older, honest, end)


def content(store: SqliteStore) -> Honest:
    heads = store.runs()
    return heads, tuple(store.raw(head.run) for head in heads), store.ledger()[0]


# --- the forger's tools ---------------------------------------------------------------------------


def ask(db: Db, sql: str, *values: object) -> list[tuple[object, ...]]:
    return db.execute(sql, values).fetchall()


def row_of(db: Db, dice: random.Random, table: str) -> int:
    return int(str(dice.choice(ask(db, f"SELECT rowid FROM {table}"))[0]))  # noqa: S608


def changed(value: object, dice: random.Random) -> object:
    """One bit of it is another."""
    if isinstance(value, int):
        return value ^ 1 << dice.randrange(4)
    if isinstance(value, float):
        return value + 1.0
    data = bytearray(str(value).encode() or b"?")
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(7)
    return data.decode()


def flip(table: str, column: str) -> Edit:
    """One bit of one cell; another one where the table does not take it."""

    def edit(db: Db, dice: random.Random, honest: Journal) -> None:
        row = row_of(db, dice, table)
        ((value,),) = ask(db, f"SELECT {column} FROM {table} WHERE rowid = ?", row)  # noqa: S608
        new = changed(value, dice)
        try:
            db.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, row))  # noqa: S608
        except sqlite3.IntegrityError:
            edit(db, dice, honest)

    return edit


def remove(table: str) -> Edit:
    """One row."""

    def edit(db: Db, dice: random.Random, _: Journal) -> None:
        row = row_of(db, dice, table)
        db.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))  # noqa: S608

    return edit


def records_of(db: Db, run: str) -> list[Record]:
    rows = ask(db, "SELECT * FROM records WHERE run = ? ORDER BY seq", run)
    return [Raw(**dict(zip(RAW, row, strict=True))).record() for row in rows]  # type: ignore[arg-type]


RAW = ("run", "seq", "epoch", "at", "kind", "data", "prev", "hash")


def put(db: Db, run: str, records: list[Record], *, head: bool = True) -> list[Record]:
    """Put *records* in place of those of *run*, with a chain and a head computed anew."""
    db.execute("DELETE FROM records WHERE run = ?", (run,))
    prev, sealed = GENESIS, []
    for seq, record in enumerate(records):
        sealed.append(replace(record, run=run, seq=seq, prev=prev).sealed())
        prev = sealed[-1].hash
    write(db, sealed)
    if head:
        db.execute("UPDATE runs SET seq = ?, hash = ? WHERE run = ?", (len(sealed) - 1, prev, run))
    return sealed


def write(db: Db, records: list[Record]) -> None:
    rows = [tuple(getattr(raw(record), name) for name in RAW) for record in records]
    db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def run_of(db: Db, dice: random.Random) -> tuple[str, list[Record], int]:
    """A run, its records, and a place among them that is not the first."""
    run = dice.choice(RUNS)
    records = records_of(db, run)
    return run, records, dice.randrange(1, len(records))


def anew(db: Db) -> None:
    """The ledger computed anew from the runs as they are, as who has read the code can."""
    ends = {(str(run), seq): str(end) for run, seq, end in ask(db, ENDS)}
    for run, target, runbook, created in ask(db, HEADS):
        words = {"run": run, "target": target, "runbook": runbook, "created": created}
        ends[str(run), -1] = identity(Head(**words, seq=-1, hash=""))  # type: ignore[arg-type]
    rows = ask(db, "SELECT at, run, seq FROM ledger ORDER BY n")
    db.execute("DELETE FROM ledger")
    end = LedgerEnd()
    for at, run, seq in rows:
        if (str(run), seq) not in ends:
            continue
        new = checkpoint(end, str(run), int(str(seq)), ends[str(run), seq], str(at))
        row = (new.n, new.at, new.run, new.seq, new.head, new.prev, new.hash)
        db.execute("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        end = LedgerEnd(new.n, new.hash)
    db.execute("UPDATE ledger_end SET n = ?, hash = ?", (end.n, end.hash))


ENDS = "SELECT run, seq, hash FROM records"
HEADS = "SELECT run, target, runbook, created FROM runs"

Edit: TypeAlias = Callable[[Db, random.Random, Journal], None]
