"""Somebody edits the journal: every kind of edit, in every field, and what `audit verify` says.

The editor knows the format, can write the file, and cleans up after himself. An edit has to be
detected, and an edited record named. Kinds that one file alone cannot show are listed in BLIND,
and kept in the figure as what they are; of these, an edit of the journal itself has to be found by
the end of the ledger if somebody noted it elsewhere.
"""

from __future__ import annotations

import random
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import cycle
from pathlib import Path
from typing import TypeAlias

from campaigns.frame import Campaign, Played, command, scratch
from sopctl.core.errors import AuditBrokenError, AuditUnavailableError
from sopctl.core.journal import GENESIS, Entry, Head, Record
from sopctl.journal.chain import Raw, raw
from sopctl.journal.export import from_jsonl, to_jsonl
from sopctl.journal.ledger import Checkpoint, LedgerEnd, checkpoint, identity
from sopctl.journal.sqlite import SqliteStore
from sopctl.journal.verify import verify

Case = tuple[int, str, int]  # seed of the journal, kind of edit, draw
Db: TypeAlias = sqlite3.Connection
Honest: TypeAlias = tuple[tuple[Head, ...], tuple[tuple[Raw, ...], ...], tuple[Checkpoint, ...]]
AT, NAME = "2026-11-21T03:00:00.000000Z", "journal.db"
RUNS, APPENDS, MANY = ("A", "B", "C"), 14, 5000


# --- the honest journal ---------------------------------------------------------------------------


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
            honest, end = _honest(store), store.ledger()[1]
        return Journal(path.read_bytes(), older, honest, end)


def _honest(store: SqliteStore) -> Honest:
    heads = store.runs()
    return heads, tuple(store.raw(head.run) for head in heads), store.ledger()[0]


# --- the forger's tools ---------------------------------------------------------------------------


def _ask(db: Db, sql: str, *values: object) -> list[tuple[object, ...]]:
    return db.execute(sql, values).fetchall()


def _row(db: Db, dice: random.Random, table: str) -> int:
    return int(str(dice.choice(_ask(db, f"SELECT rowid FROM {table}"))[0]))  # noqa: S608


def _changed(value: object, dice: random.Random) -> object:
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
        row = _row(db, dice, table)
        ((value,),) = _ask(db, f"SELECT {column} FROM {table} WHERE rowid = ?", row)  # noqa: S608
        new = _changed(value, dice)
        try:
            db.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, row))  # noqa: S608
        except sqlite3.IntegrityError:
            edit(db, dice, honest)

    return edit


def remove(table: str) -> Edit:
    """One row."""

    def edit(db: Db, dice: random.Random, _: Journal) -> None:
        row = _row(db, dice, table)
        db.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))  # noqa: S608

    return edit


def _records(db: Db, run: str) -> list[Record]:
    rows = _ask(db, "SELECT * FROM records WHERE run = ? ORDER BY seq", run)
    return [Raw(**dict(zip(_RAW, row, strict=True))).record() for row in rows]  # type: ignore[arg-type]


_RAW = ("run", "seq", "epoch", "at", "kind", "data", "prev", "hash")


def _put(db: Db, run: str, records: list[Record], *, head: bool = True) -> list[Record]:
    """Put *records* in place of those of *run*, with a chain and a head computed anew."""
    db.execute("DELETE FROM records WHERE run = ?", (run,))
    prev, sealed = GENESIS, []
    for seq, record in enumerate(records):
        sealed.append(replace(record, run=run, seq=seq, prev=prev).sealed())
        prev = sealed[-1].hash
    _write(db, sealed)
    if head:
        db.execute("UPDATE runs SET seq = ?, hash = ? WHERE run = ?", (len(sealed) - 1, prev, run))
    return sealed


def _write(db: Db, records: list[Record]) -> None:
    rows = [tuple(getattr(raw(record), name) for name in _RAW) for record in records]
    db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _run(db: Db, dice: random.Random) -> tuple[str, list[Record], int]:
    """A run, its records, and a place among them that is not the first."""
    run = dice.choice(RUNS)
    records = _records(db, run)
    return run, records, dice.randrange(1, len(records))


def _anew(db: Db) -> None:
    """The ledger computed anew from the runs as they are, as who has read the code can."""
    ends = {(str(run), seq): str(end) for run, seq, end in _ask(db, _ENDS)}
    for run, target, runbook, created in _ask(db, _HEADS):
        words = {"run": run, "target": target, "runbook": runbook, "created": created}
        ends[str(run), -1] = identity(Head(**words, seq=-1, hash=""))  # type: ignore[arg-type]
    rows = _ask(db, "SELECT at, run, seq FROM ledger ORDER BY n")
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


_ENDS = "SELECT run, seq, hash FROM records"
_HEADS = "SELECT run, target, runbook, created FROM runs"

Edit: TypeAlias = Callable[[Db, random.Random, Journal], None]


# --- edits ----------------------------------------------------------------------------------------


def moved_up(db: Db, dice: random.Random, _: Journal) -> None:
    run, records, at = _run(db, dice)
    db.execute("DELETE FROM records WHERE run = ? AND seq >= ?", (run, at))
    _write(db, [replace(record, seq=record.seq - 1) for record in records[at + 1 :]])


def swapped(db: Db, dice: random.Random, _: Journal) -> None:
    run, records, at = _run(db, dice)
    other = dice.choice([seq for seq in range(len(records)) if seq != at])
    db.execute("DELETE FROM records WHERE run = ? AND seq IN (?, ?)", (run, at, other))
    _write(db, [replace(records[at], seq=other), replace(records[other], seq=at)])


def duplicated(db: Db, dice: random.Random, _: Journal) -> None:
    _of_run, records, at = _run(db, dice)
    _write(db, [replace(records[at], seq=dice.choice([len(records), len(records) + 3, -2]))])


def inserted(db: Db, dice: random.Random, _: Journal) -> None:
    run, records, at = _run(db, dice)
    forged = replace(records[at], data={"n": 99}).sealed()
    db.execute("DELETE FROM records WHERE run = ? AND seq >= ?", (run, at))
    later = [replace(record, seq=record.seq + 1) for record in records[at:]]
    _write(db, [forged, *later])
    db.execute("UPDATE runs SET seq = seq + 1 WHERE run = ?", (run,))


def foreign(db: Db, dice: random.Random, _: Journal) -> None:
    run, _records_of_it, at = _run(db, dice)
    others = _records(db, dice.choice([other for other in RUNS if other != run]))
    db.execute("DELETE FROM records WHERE run = ? AND seq = ?", (run, at))
    _write(db, [replace(others[at % len(others)], run=run, seq=at)])


def appended(db: Db, dice: random.Random, _: Journal) -> None:
    run, records, at = _run(db, dice)
    _put(db, run, [*records, replace(records[at], data={"n": 99})])


def truncated(db: Db, dice: random.Random, _: Journal) -> None:
    run, _records_of_it, at = _run(db, dice)
    db.execute("DELETE FROM records WHERE run = ? AND seq >= ?", (run, at))


def truncated_with_head(db: Db, dice: random.Random, _: Journal) -> None:
    run, records, at = _run(db, dice)
    _put(db, run, records[:at])


def rechained(db: Db, dice: random.Random, _: Journal) -> None:
    run, records, at = _run(db, dice)
    _put(db, run, [*records[:at], replace(records[at], data={"n": 99}), *records[at + 1 :]])


def removed_and_rechained(db: Db, dice: random.Random, _: Journal) -> None:
    run, records, at = _run(db, dice)
    _put(db, run, [*records[:at], *records[at + 1 :]])


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
    _put(db, "D", _records(db, like))


def ledger_cut(db: Db, dice: random.Random, _: Journal) -> None:
    last = _ask(db, "SELECT n FROM ledger ORDER BY n")[-1][0]
    db.execute("DELETE FROM ledger WHERE n >= ?", (dice.randint(0, int(str(last))),))


def ledger_cut_with_end(db: Db, dice: random.Random, honest: Journal) -> None:
    ledger_cut(db, dice, honest)
    ends = _ask(db, "SELECT n, hash FROM ledger ORDER BY n") or [(-1, GENESIS)]
    db.execute("UPDATE ledger_end SET n = ?, hash = ?", ends[-1])


def ledger_swapped(db: Db, dice: random.Random, _: Journal) -> None:
    one, other = dice.sample([row[0] for row in _ask(db, "SELECT n FROM ledger")], 2)
    for old, new in ((one, -7), (other, one), (-7, other)):
        db.execute("UPDATE ledger SET n = ? WHERE n = ?", (new, old))


def all_anew(db: Db, dice: random.Random, honest: Journal) -> None:
    rechained(db, dice, honest)
    _anew(db)


def cut_and_anew(db: Db, dice: random.Random, _: Journal) -> None:
    """Cut where the ledger has a row, or a row of the ledger would be too few."""
    run = dice.choice(RUNS)
    ends = _ask(db, "SELECT seq FROM ledger WHERE run = ? AND seq >= 0 ORDER BY seq", run)
    end = int(str(dice.choice(ends[:-1])[0]))
    _put(db, run, _records(db, run)[: end + 1])
    _anew(db)


def run_put_back(db: Db, dice: random.Random, honest: Journal) -> None:
    """The rows of one run and its head are those of an older copy."""
    file = Path(str(_ask(db, "PRAGMA database_list")[0][2])).with_name("older.db")
    file.write_bytes(honest.older)
    with closing(sqlite3.connect(file)) as older:
        grown = [run for run in RUNS if len(_records(older, run)) < len(_records(db, run))]
        run = dice.choice(grown)
        _put(db, run, _records(older, run))
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


# --- what is said of it ---------------------------------------------------------------------------


def cases(seed: int) -> Iterator[Case]:
    """Every kind of edit in turn, without end; another journal now and then."""
    kinds = (*EDITS, *REWRITES, *LEASES, OLDER, *(BYTE,) * 8, *(EXPORT,) * 4)
    for draw, kind in enumerate(cycle(kinds)):
        yield seed + draw // MANY, kind, draw


def play(case: Case) -> Played:
    """Edit, and verify."""
    seed, kind, _draw = case
    honest, dice = journal(seed), random.Random(f"{case}")
    if kind == EXPORT:
        return _exported(honest, dice)
    with scratch() as made:
        path = Path(made) / "state" / NAME
        path.parent.mkdir(mode=0o700)
        path.touch(0o600)
        path.write_bytes(_edited(path, kind, honest, dice))
        said, anchored, same = _looked_at(path, honest)
    if same and kind in (BYTE, *LEASES):
        return Played((f"{kind}: changes nothing that was recorded",))
    if said:
        wrong = f"{kind}: it is detected, and was thought not to be" if kind in BLIND else ""
        return Played((f"{kind}: detected",), wrong)
    wrong = "" if kind in BLIND and anchored else f"{kind}: not detected"
    return Played((f"{kind}: not detected without an anchor",), wrong)


def _edited(path: Path, kind: str, honest: Journal, dice: random.Random) -> bytes:
    if kind == OLDER:
        return honest.older
    if kind == BYTE:
        data = bytearray(honest.now)
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        return bytes(data)
    path.write_bytes(honest.now)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        triggers = _ask(db, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        db.execute("PRAGMA journal_mode = DELETE")
        for name, _sql in triggers:
            db.execute(f"DROP TRIGGER {name}")
        (EDITS | REWRITES | LEASES)[kind](db, dice, honest)
        for _name, sql in triggers:
            db.execute(str(sql))
        db.execute("PRAGMA journal_mode = WAL")
    return path.read_bytes()


def _looked_at(path: Path, honest: Journal) -> tuple[bool, bool, bool]:
    """Is it detected; would a noted end of the ledger show it; does it say what was recorded?"""
    try:
        with SqliteStore(path, read_only=True) as store:
            ledger = store.ledger()[0]
            row = next((each for each in ledger if each.n == honest.end.n), None)
            anchored = row is None or row.hash != honest.end.hash
            return not verify(store).sound, anchored, _honest(store) == honest.honest
    except (AuditBrokenError, AuditUnavailableError):
        return True, True, False


def _exported(honest: Journal, dice: random.Random) -> Played:
    """An exported run is edited, and comes back in."""
    heads, raws, _ = honest.honest
    at = dice.randrange(len(heads))
    lines = [*to_jsonl(heads[at], [each.record() for each in raws[at]])]
    place = dice.randrange(len(lines))
    match what := dice.choice(["edited", "removed", "duplicated", "swapped", "cut off"]):
        case "edited":
            lines[place] = str(_changed(lines[place], dice))
        case "removed":
            del lines[place]
        case "duplicated":
            lines.insert(dice.randrange(len(lines) + 1), lines[place])
        case "swapped":
            other = dice.choice([index for index in range(len(lines)) if index != place])
            lines[place], lines[other] = lines[other], lines[place]
        case _:
            lines = lines[: dice.randrange(len(lines))]
    try:
        from_jsonl(lines)
    except AuditBrokenError:
        return Played((f"{EXPORT}, lines {what}: detected",))
    return Played(
        (f"{EXPORT}, lines {what}: not detected",), f"an export with lines {what} came in"
    )


NEEDED = {f"{kind}: detected" for kind in (*EDITS, BYTE)}
CAMPAIGN = Campaign(name="tamper", cases=cases, play=play, needed=frozenset(NEEDED), told=True)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
