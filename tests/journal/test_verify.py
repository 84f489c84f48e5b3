"""Tampering directly in the file, by raw SQL: every kind is reported with its place."""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from sopctl.core.codec import canonical
from sopctl.core.errors import AuditBrokenError, AuditUnavailableError
from sopctl.core.journal import GENESIS, Entry
from sopctl.engine import records
from sopctl.journal.chain import Tail, seal
from sopctl.journal.redact import Scrubber
from sopctl.journal.sqlite import SqliteStore
from sopctl.journal.verify import has_ended, unanswered, verify
from tests.journal.contract import AT, Kit, SqliteKit, entry, started


@pytest.fixture
def store(sqlite_kit: SqliteKit) -> SqliteStore:
    """Two ended runs, A and B, of six records each, appended in turns."""
    made = sqlite_kit.open()
    leases = {run: started(made, run) for run in "AB"}
    for seq in (-1, 1, 3):
        for lease in leases.values():
            kinds = ("note", "end") if seq == 3 else ("note", "note")
            added = [entry(seq + 1 + index, kind) for index, kind in enumerate(kinds)]
            made.append(lease, seq, added, AT)
    return made


@pytest.fixture
def db(store: SqliteStore, sqlite_kit: SqliteKit) -> Iterator[sqlite3.Connection]:
    """The file in the hands of somebody who means harm."""
    with closing(sqlite3.connect(sqlite_kit.path, isolation_level=None)) as made:
        for table in ("records", "ledger"):
            for event in ("update", "delete"):
                made.execute(f"DROP TRIGGER {table}_no_{event}")
        yield made


def breaks(store: SqliteStore) -> list[str]:
    return [str(found) for found in verify(store).breaks]


def rechain(db: sqlite3.Connection, run: str) -> None:
    """Compute the chain of *run* and its head anew, as a forger who knows the format would."""
    rows = db.execute(
        "SELECT seq, epoch, at, kind, data FROM records WHERE run = ? ORDER BY seq", (run,)
    ).fetchall()
    db.execute("DELETE FROM records WHERE run = ?", (run,))
    prev = GENESIS
    for seq, (_, epoch, at, kind, data) in enumerate(rows):
        body: dict[str, Any] = {
            "run": run, "seq": seq, "epoch": epoch, "at": at,
            "kind": kind, "data": json.loads(data), "prev": prev,
        }  # fmt: skip
        digest = hashlib.sha256(b"\x00" + canonical(body)).hexdigest()
        db.execute(
            "INSERT INTO records VALUES (?,?,?,?,?,?,?,?)",
            (run, seq, epoch, at, kind, data, prev, digest),
        )
        prev = digest
    db.execute("UPDATE runs SET seq = ?, hash = ? WHERE run = ?", (len(rows) - 1, prev, run))


def test_an_untouched_journal_is_sound(store: SqliteStore):
    report = verify(store)
    assert report.sound
    assert [(run.run, run.records, run.ended, run.breaks) for run in report.runs] == [
        ("A", 6, True, ()),
        ("B", 6, True, ()),
    ]


@pytest.mark.parametrize(
    "change",
    [
        """data = '{"n":99}'""", "kind = 'end'", "at = '2020'", "epoch = 7", "epoch = 'seven'",
        "data = replace(data, 'n', 'm')", "data = X'FF00'", "data = data || ' '",
    ],
)  # fmt: skip
def test_an_edited_record(store: SqliteStore, db: sqlite3.Connection, change: str):
    db.execute(f"UPDATE records SET {change} WHERE run = 'A' AND seq = 2")
    found = breaks(store)
    assert len(found) == 1
    assert found[0].startswith("run A, record 2: ")


def test_an_edited_hash(store: SqliteStore, db: sqlite3.Connection):
    db.execute("UPDATE records SET hash = ? WHERE run = 'A' AND seq = 2", ("e" * 64,))
    assert breaks(store) == [
        "run A, record 2: it was edited: its hash is not that of its content",
        "run A, record 3: it does not follow record 2: that one was replaced or inserted",
    ]


def test_an_edited_link(store: SqliteStore, db: sqlite3.Connection):
    db.execute("UPDATE records SET prev = ? WHERE run = 'A' AND seq = 2", (GENESIS,))
    assert breaks(store) == ["run A, record 2: it was edited: its hash is not that of its content"]


@pytest.mark.parametrize("seq", range(5))
def test_a_deleted_record(store: SqliteStore, db: sqlite3.Connection, seq: int):
    db.execute("DELETE FROM records WHERE run = 'A' AND seq = ?", (seq,))
    assert breaks(store)[0] == (
        f"run A, record {seq + 1}: records {seq} to {seq} before it are missing"
    )


def test_a_deleted_record_with_the_later_ones_moved_up(store: SqliteStore, db: sqlite3.Connection):
    db.execute("DELETE FROM records WHERE run = 'A' AND seq = 2")
    db.execute("UPDATE records SET seq = -seq WHERE run = 'A' AND seq > 2")
    db.execute("UPDATE records SET seq = -seq - 1 WHERE run = 'A' AND seq < 0")
    found = breaks(store)
    assert found[0].startswith("run A, record 2: it was edited")
    assert any(line.startswith("run A, head 5: records 5 to 5 are missing") for line in found)


def test_swapped_records(store: SqliteStore, db: sqlite3.Connection):
    db.execute("UPDATE records SET seq = 99 WHERE run = 'A' AND seq = 2")
    db.execute("UPDATE records SET seq = 2 WHERE run = 'A' AND seq = 3")
    db.execute("UPDATE records SET seq = 3 WHERE run = 'A' AND seq = 99")
    assert [line.split(":")[0] for line in breaks(store)[:2]] == [
        "run A, record 2",
        "run A, record 3",
    ]


def test_a_duplicated_record(store: SqliteStore, db: sqlite3.Connection):
    db.execute(
        "INSERT INTO records SELECT run, 6, epoch, at, kind, data, prev, hash FROM records"
        " WHERE run = 'A' AND seq = 5"
    )
    assert breaks(store) == [
        "run A, record 6: it was edited: its hash is not that of its content",
        "run A, head 5: the chain goes on to record 6",
    ]


def test_a_record_with_a_sound_chain_of_its_own_after_the_end(
    store: SqliteStore, db: sqlite3.Connection
):
    last = store.read("A")[-1]
    forged = seal(
        Tail("A", last.seq, last.hash), [entry(66)], epoch=1, at=AT, scrub=Scrubber().json
    )[0]
    db.execute(
        "INSERT INTO records VALUES (?,?,?,?,?,?,?,?)",
        ("A", 6, 1, AT, "note", '{"n":66}', forged.prev, forged.hash),
    )
    assert breaks(store) == ["run A, head 5: the chain goes on to record 6"]
    db.execute("UPDATE runs SET seq = 6, hash = ? WHERE run = 'A'", (forged.hash,))
    assert breaks(store) == ["run A, head 6: the ledger ends at its record 5"]


def test_a_record_of_another_run(store: SqliteStore, db: sqlite3.Connection):
    db.execute("DELETE FROM records WHERE run = 'A' AND seq = 5")
    db.execute(
        "INSERT INTO records SELECT 'A', seq, epoch, at, kind, data, prev, hash FROM records"
        " WHERE run = 'B' AND seq = 5"
    )
    assert breaks(store)[0].startswith("run A, record 5: it was edited")


def test_a_truncated_tail(store: SqliteStore, db: sqlite3.Connection):
    db.execute("DELETE FROM records WHERE run = 'A' AND seq >= 3")
    assert breaks(store)[0] == "run A, head 5: records 3 to 5 are missing at the end"


@pytest.mark.parametrize("kept", range(6))
def test_a_truncated_tail_with_its_head(store: SqliteStore, db: sqlite3.Connection, kept: int):
    db.execute("DELETE FROM records WHERE run = 'A' AND seq >= ?", (kept,))
    rechain(db, "A")
    report = verify(store)
    assert report.runs[0].breaks == ()
    assert str(report.ledger[-1]) == "run A, ledger 6: record 5 was there and is missing now"


def test_a_rechained_run(store: SqliteStore, db: sqlite3.Connection):
    db.execute("""UPDATE records SET data = '{"n":99}' WHERE run = 'A' AND seq = 3""")
    rechain(db, "A")
    assert breaks(store) == [
        "run A, ledger 4: record 3 was another one then",
        "run A, ledger 6: record 5 was another one then",
    ]


def test_an_emptied_run(store: SqliteStore, db: sqlite3.Connection):
    db.execute("DELETE FROM records WHERE run = 'A'")
    assert breaks(store)[0] == "run A, head 5: records 0 to 5 are missing at the end"


def test_a_removed_run(store: SqliteStore, db: sqlite3.Connection):
    db.execute("DELETE FROM records WHERE run = 'A'")
    db.execute("DELETE FROM runs WHERE run = 'A'")
    assert breaks(store) == ["run A, ledger 0: the run was removed"]
    named = verify(store, ["A"])
    assert str(named.breaks[0]) == "run A, head -1: there is no such run"


def test_a_removed_head(store: SqliteStore, db: sqlite3.Connection):
    db.execute("DELETE FROM runs WHERE run = 'A'")
    assert breaks(store) == [
        "run A, ledger 0: the run was removed",
        "run A, record 0: its run was removed",
    ]


@pytest.mark.parametrize("column", ["target", "runbook", "created"])
def test_an_edited_head(store: SqliteStore, db: sqlite3.Connection, column: str):
    db.execute(f"UPDATE runs SET {column} = 'other' WHERE run = 'A'")
    assert breaks(store) == [
        "run A, ledger 0: the run's target, runbook or creation time was edited"
    ]


@pytest.mark.parametrize("change", ["seq = 4", "seq = 9", "seq = 'x'", "hash = 'e'"])
def test_a_moved_head(store: SqliteStore, db: sqlite3.Connection, change: str):
    db.execute(f"UPDATE runs SET {change} WHERE run = 'A'")
    assert breaks(store)[0].startswith("run A, head ")


def test_a_run_that_was_put_in_beside_the_ledger(store: SqliteStore, db: sqlite3.Connection):
    db.execute(
        "INSERT INTO runs SELECT 'C', target, runbook, created, -1, ?, '', 0, '', 0, 0, ''"
        " FROM runs WHERE run = 'A'",
        (GENESIS,),
    )
    assert breaks(store) == ["run C, head -1: the ledger does not know the run"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE ledger SET at = 'x' WHERE n = 3", "run B, ledger 3: it was edited"),
        ("DELETE FROM ledger WHERE n = 3", "run A, ledger 4: rows 3 to 3 before it are missing"),
        ("DELETE FROM ledger WHERE n >= 6", "ledger 5: rows 6 to 7 are missing at the end"),
        ("DELETE FROM ledger", "ledger -1: rows 0 to 7 are missing at the end"),
        ("UPDATE ledger_end SET n = 3", "ledger 7: the ledger's kept end is row 3"),
        ("DELETE FROM ledger_end", "ledger 7: the ledger's kept end is row -2"),
    ],
)
def test_a_tampered_ledger(store: SqliteStore, db: sqlite3.Connection, change: str, expected: str):
    db.execute(change)
    assert breaks(store)[0].startswith(expected)


def test_every_place_is_reported_not_only_the_first(store: SqliteStore, db: sqlite3.Connection):
    db.execute("UPDATE records SET kind = 'x' WHERE run = 'A' AND seq IN (1, 4)")
    db.execute("DELETE FROM records WHERE run = 'B' AND seq = 2")
    places = [(found.run, found.seq) for run in verify(store).runs for found in run.breaks]
    assert places == [("A", 1), ("A", 4), ("B", 3)]


def test_one_run_can_be_verified_alone(store: SqliteStore, db: sqlite3.Connection):
    db.execute("UPDATE records SET kind = 'x' WHERE run = 'A' AND seq = 1")
    assert verify(store, ["B"]).sound
    assert not verify(store, ["A"]).sound


def test_what_one_file_cannot_tell_is_a_whole_rewrite(store: SqliteStore, db: sqlite3.Connection):
    """The limit that the docstring of ``journal.verify`` states: only an anchor outside helps."""
    db.execute("""UPDATE records SET data = '{"n":99}' WHERE run = 'A' AND seq = 3""")
    rechain(db, "A")
    assert breaks(store)
    hashes = dict(db.execute("SELECT seq, hash FROM records WHERE run = 'A'"))
    rows = db.execute("SELECT n, at, run, seq, head FROM ledger ORDER BY n").fetchall()
    prev = GENESIS
    for n, at, run, seq, head in rows:
        new = hashes.get(seq, head) if run == "A" else head
        body = {"n": n, "at": at, "run": run, "seq": seq, "head": new, "prev": prev}
        digest = hashlib.sha256(canonical(body)).hexdigest()
        db.execute("UPDATE ledger SET head=?, prev=?, hash=? WHERE n=?", (new, prev, digest, n))
        prev = digest
    db.execute("UPDATE ledger_end SET hash = ?", (prev,))
    assert verify(store).sound


def test_a_journal_that_grows_meanwhile_is_seen_as_of_one_moment(kit: Kit):
    writer = kit.open()
    lease = started(writer)
    other = kit.open()
    seq = -1
    for _ in range(20):
        seq = writer.append(lease, seq, [entry(1)], AT)[-1].seq
        assert verify(other).sound


@pytest.mark.parametrize("seed", [*range(30), 1709, 1742, 2041, 2263])
def test_a_spoiled_byte_is_noticed_or_changes_nothing_that_was_recorded(
    store: SqliteStore, sqlite_kit: SqliteKit, seed: int
):
    honest = (store.runs(), store.raw("A"), store.raw("B"), store.ledger())
    store.close()
    draw = random.Random(seed)
    content = bytearray(sqlite_kit.path.read_bytes())
    place = draw.randrange(len(content))
    content[place] ^= 1 << draw.randrange(8)
    sqlite_kit.path.write_bytes(content)
    for read_only in (True, False):
        try:
            again = sqlite_kit.open(read_only=read_only)
            noticed = not verify(again).sound
            found = (again.runs(), again.raw("A"), again.raw("B"), again.ledger())
        except (AuditBrokenError, AuditUnavailableError):
            continue
        assert noticed or found == honest, place


# --- intents ----------------------------------------------------------------------


def about(kind: str, *names: str, work: str = "step") -> Entry:
    items = [{"resource": {"kind": "node", "name": name}} for name in names]
    return Entry(kind=kind, data={"work": work, "items": items})


def undone(*works: str) -> Entry:
    return records.undo(works, "me", "why")


def stands(why: str) -> Entry:
    return records.parked(why, "as it stands")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ([about("intent", "a", "b"), about("result", "a", "b")], ()),
        ([about("intent", "a", "b"), about("result", "a"), about("found", "b")], ()),
        ([about("intent", "a", "b"), about("result", "a")], (0,)),
        ([about("intent", "a"), about("intent", "b"), about("result", "a")], (1,)),
        ([about("intent", "a"), about("result", "a"), about("intent", "a")], (2,)),
        ([about("intent", "a", work="one"), about("result", "a", work="two")], (0,)),
        ([about("intent", "a", work="one"), undone("one")], ()),
        ([about("intent", "a", work="one"), undone("two")], (0,)),
        ([about("intent", "a"), stands(records.AS_IT_STANDS)], ()),
        ([about("intent", "a"), stands(records.FORGOTTEN)], ()),
        ([about("intent", "a"), stands("decision")], (0,)),
        ([stands(records.AS_IT_STANDS), about("intent", "a")], (1,)),
    ],
)
def test_an_intent_without_a_word_on_what_became_of_it(made: list[Entry], expected: tuple[int]):
    sealed = seal(Tail("R"), made, epoch=1, at=AT, scrub=Scrubber().json)
    assert unanswered(sealed) == expected


def test_an_ended_run_with_an_unanswered_intent_is_reported_and_an_open_one_is_not(kit: Kit):
    store = kit.open()
    lease = started(store)
    store.append(lease, -1, [about("intent", "a")], AT)
    assert verify(store).sound
    assert not verify(store).runs[0].ended
    store.append(lease, 0, [Entry(kind="end", data={"outcome": "done"})], AT)
    report = verify(store)
    assert report.runs[0].ended
    assert [(found.seq, found.what) for found in report.breaks] == [
        (0, "the run ended, but nothing says what became of it")
    ]


def test_a_run_that_goes_on_after_its_end_has_not_ended():
    made = [Entry(kind="end", data={}), about("intent", "a")]
    records = seal(Tail("R"), made, epoch=1, at=AT, scrub=Scrubber().json)
    assert not has_ended(records)
    assert has_ended(records[:1])
