"""Every kind of edit of a journal, and those that one file alone cannot show."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from campaigns.forging import (
    RUNS,
    Db,
    Edit,
    Journal,
    anew,
    ask,
    flip,
    put,
    records_of,
    remove,
    run_of,
    write,
)
from sopctl.core.journal import GENESIS


def moved_up(db: Db, dice: random.Random, _: Journal) -> None:
    run, records, at = run_of(db, dice)
    db.execute("DELETE FROM records WHERE run = ? AND seq >= ?", (run, at))
    write(db, [replace(record, seq=record.seq - 1) for record in records[at + 1 :]])


def swapped(db: Db, dice: random.Random, _: Journal) -> None:
    run, records, at = run_of(db, dice)
    other = dice.choice([seq for seq in range(len(records)) if seq != at])
    db.execute("DELETE FROM records WHERE run = ? AND seq IN (?, ?)", (run, at, other))
    write(db, [replace(records[at], seq=other), replace(records[other], seq=at)])


def duplicated(db: Db, dice: random.Random, _: Journal) -> None:
    _of_run, records, at = run_of(db, dice)
    write(db, [replace(records[at], seq=dice.choice([len(records), len(records) + 3, -2]))])


def inserted(db: Db, dice: random.Random, _: Journal) -> None:
    run, records, at = run_of(db, dice)
    forged = replace(records[at], data={"n": 99}).sealed()
    db.execute("DELETE FROM records WHERE run = ? AND seq >= ?", (run, at))
    later = [replace(record, seq=record.seq + 1) for record in records[at:]]
    write(db, [forged, *later])
    db.execute("UPDATE runs SET seq = seq + 1 WHERE run = ?", (run,))


def foreign(db: Db, dice: random.Random, _: Journal) -> None:
    run, _records_of_it, at = run_of(db, dice)
    others = records_of(db, dice.choice([other for other in RUNS if other != run]))
    db.execute("DELETE FROM records WHERE run = ? AND seq = ?", (run, at))
    write(db, [replace(others[at % len(others)], run=run, seq=at)])


def appended(db: Db, dice: random.Random, _: Journal) -> None:
    run, records, at = run_of(db, dice)
    put(db, run, [*records, replace(records[at], data={"n": 99})])


def truncated(db: Db, dice: random.Random, _: Journal) -> None:
    run, _records_of_it, at = run_of(db, dice)
    db.execute("DELETE FROM records WHERE run = ? AND seq >= ?", (run, at))


def truncated_with_head(db: Db, dice: random.Random, _: Journal) -> None:
    run, records, at = run_of(db, dice)
    put(db, run, records[:at])


def rechained(db: Db, dice: random.Random, _: Journal) -> None:
    run, records, at = run_of(db, dice)
    put(db, run, [*records[:at], replace(records[at], data={"n": 99}), *records[at + 1 :]])


def removed_and_rechained(db: Db, dice: random.Random, _: Journal) -> None:
    run, records, at = run_of(db, dice)
    put(db, run, [*records[:at], *records[at + 1 :]])


def run_removed(db: Db, dice: random.Random, _: Journal) -> None:
    run = dice.choice(RUNS)
    for table in dice.choice([("runs",), ("runs", "records"), ("runs", "records", "ledger")]):
        db.execute(f"DELETE FROM {table} WHERE run = ?", (run,))  # noqa: S608


def run_forged(db: Db, dice: random.Random, _: Journal) -> None:
    like = dice.choice(RUNS)
    db.execute(
        "INSERT INTO runs SELECT 'D', target, runbook, created, seq, hash, worker, epoch, since,"
        " until, ttl, boot FROM runs WHERE run = ?",
        (like,),
    )
    put(db, "D", records_of(db, like))


def ledger_cut(db: Db, dice: random.Random, _: Journal) -> None:
    last = ask(db, "SELECT n FROM ledger ORDER BY n")[-1][0]
    db.execute("DELETE FROM ledger WHERE n >= ?", (dice.randint(0, int(str(last))),))


def ledger_cut_with_end(db: Db, dice: random.Random, honest: Journal) -> None:
    ledger_cut(db, dice, honest)
    ends = ask(db, "SELECT n, hash FROM ledger ORDER BY n") or [(-1, GENESIS)]
    db.execute("UPDATE ledger_end SET n = ?, hash = ?", ends[-1])


def ledger_swapped(db: Db, dice: random.Random, _: Journal) -> None:
    one, other = dice.sample([row[0] for row in ask(db, "SELECT n FROM ledger")], 2)
    for old, new in ((one, -7), (other, one), (-7, other)):
        db.execute("UPDATE ledger SET n = ? WHERE n = ?", (new, old))


def all_anew(db: Db, dice: random.Random, honest: Journal) -> None:
    rechained(db, dice, honest)
    anew(db)


def cut_and_anew(db: Db, dice: random.Random, _: Journal) -> None:
    """Cut where the ledger has a row, or a row of the ledger would be too few."""
    run = dice.choice(RUNS)
    ends = ask(db, "SELECT seq FROM ledger WHERE run = ? AND seq >= 0 ORDER BY seq", run)
    end = int(str(dice.choice(ends[:-1])[0]))
    put(db, run, records_of(db, run)[: end + 1])
    anew(db)


def run_put_back(db: Db, dice: random.Random, honest: Journal) -> None:
    """The rows of one run and its head are those of an older copy."""
    file = Path(str(ask(db, "PRAGMA database_list")[0][2])).with_name("older.db")
    file.write_bytes(honest.older)
    with closing(sqlite3.connect(file)) as older:
        grown = [run for run in RUNS if len(records_of(older, run)) < len(records_of(db, run))]
        run = dice.choice(grown)
        put(db, run, records_of(older, run))
    file.unlink()


FIELDS = {
    "records": ("run", "seq", "epoch", "at", "kind", "data", "prev", "hash"),
    "ledger": ("n", "at", "run", "seq", "head", "prev", "hash"),
    "ledger_end": ("n", "hash"),
    "runs": ("run", "target", "runbook", "created", "seq", "hash"),
}
LEASE = ("worker", "epoch", "since", "until", "ttl", "boot")
EDITS: dict[str, Edit] = {
    **{f"a bit of {t}.{c}": flip(t, c) for t, columns in FIELDS.items() for c in columns},
    **{f"a row of {table} removed": remove(table) for table in FIELDS},
    "a record removed, the later ones moved up": moved_up,
    "two records swapped": swapped,
    "a record duplicated": duplicated,
    "a record inserted": inserted,
    "a record of another run put in": foreign,
    "a record appended, chain and head with it": appended,
    "the last records cut off": truncated,
    "the last records cut off, the head with them": truncated_with_head,
    "a record edited, chain and head computed anew": rechained,
    "a record removed, chain and head computed anew": removed_and_rechained,
    "a run removed": run_removed,
    "a run forged": run_forged,
    "a run put back to an older copy": run_put_back,
    "the ledger cut off": ledger_cut,
    "the ledger cut off, its end with it": ledger_cut_with_end,
    "two rows of the ledger swapped": ledger_swapped,
}
REWRITES: dict[str, Edit] = {
    "a record edited, everything computed anew": all_anew,
    "the last records cut off, everything computed anew": cut_and_anew,
}
LEASES = {
    f"a bit of runs.{column}, which is of the lease": flip("runs", column) for column in LEASE
}
OLDER, BYTE, EXPORT = "the whole file put back to an older copy", "a bit of the file", "an export"
BLIND = frozenset({*REWRITES, *LEASES, OLDER})
