"""The embedded store: durable, refused where it cannot be, safe among processes."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sopctl.core.errors import AuditBrokenError, AuditUnavailableError
from sopctl.core.journal import Holder, Lease
from sopctl.journal.sqlite import SqliteStore
from sopctl.journal.verify import verify
from tests.journal.contract import AT, SqliteKit, entries, numbers, started

ROOT = Path(__file__).parents[2]


def process(verb: str, path: Path, run: str = "R") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.journal.worker", verb, str(path), run],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


# --- files ------------------------------------------------------------------------


def test_the_file_and_its_log_are_ours_alone(sqlite_kit: SqliteKit):
    store = sqlite_kit.open()
    started(store)
    modes = {
        found.name: stat.S_IMODE(found.stat().st_mode) for found in sqlite_kit.path.parent.iterdir()
    }
    assert modes["journal.db"] == 0o600
    assert set(modes) == {"journal.db", "journal.db-wal", "journal.db-shm"}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(sqlite_kit.path.parent.stat().st_mode) == 0o700


def test_the_store_is_durable_by_its_settings(sqlite_kit: SqliteKit):
    store = sqlite_kit.open()
    settings = {
        name: store._db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "fullfsync", "trusted_schema")
    }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "fullfsync": 1,
        "trusted_schema": 0,
    }


def test_a_file_that_others_may_read_is_refused(sqlite_kit: SqliteKit):
    sqlite_kit.open().close()
    sqlite_kit.path.chmod(0o644)
    with pytest.raises(AuditUnavailableError, match="others may read") as caught:
        sqlite_kit.open()
    assert caught.value.hint.startswith("Run `chmod 600")


def test_a_symbolic_link_in_place_of_the_file_is_refused(sqlite_kit: SqliteKit, tmp_path: Path):
    sqlite_kit.path.parent.mkdir(mode=0o700)
    sqlite_kit.path.symlink_to(tmp_path / "elsewhere.db")
    with pytest.raises(AuditUnavailableError, match="symbolic link"):
        sqlite_kit.open()
    assert not (tmp_path / "elsewhere.db").exists()


def test_a_file_of_a_newer_format_is_refused(sqlite_kit: SqliteKit):
    sqlite_kit.open().close()
    with closing(sqlite3.connect(sqlite_kit.path)) as db:
        db.execute("PRAGMA user_version = 2")
    for read_only in (False, True):
        with pytest.raises(AuditUnavailableError, match="has format 2; this sopctl knows 1"):
            sqlite_kit.open(read_only=read_only)


def test_a_database_of_something_else_is_left_alone(sqlite_kit: SqliteKit):
    sqlite_kit.path.parent.mkdir(mode=0o700)
    with closing(sqlite3.connect(sqlite_kit.path)) as db:
        db.execute("CREATE TABLE cookies (name)")
    sqlite_kit.path.chmod(0o600)
    before = sqlite_kit.path.read_bytes()
    with pytest.raises(AuditBrokenError, match="not a journal of sopctl"):
        sqlite_kit.open()
    assert sqlite_kit.path.read_bytes() == before


@pytest.mark.parametrize("content", [b"this is no database at all" * 100, b"{}\n"])
def test_a_file_that_is_no_database_is_reported_as_damaged(sqlite_kit: SqliteKit, content: bytes):
    sqlite_kit.path.parent.mkdir(mode=0o700)
    sqlite_kit.path.write_bytes(content)
    sqlite_kit.path.chmod(0o600)
    with pytest.raises(AuditBrokenError, match="is damaged"):
        sqlite_kit.open()
    assert sqlite_kit.path.read_bytes() == content


def test_damaged_pages_are_reported_as_damaged(sqlite_kit: SqliteKit):
    store = sqlite_kit.open()
    store.append(started(store), -1, entries(*range(500)), AT)
    store.close()
    content = bytearray(sqlite_kit.path.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    sqlite_kit.path.write_bytes(content)
    with pytest.raises(AuditBrokenError):
        sqlite_kit.open().read("R")
    assert not verify(sqlite_kit.open()).sound


# --- what cannot be written -------------------------------------------------------


def test_a_full_disk_refuses_the_append_and_keeps_what_was_there(sqlite_kit: SqliteKit):
    store = sqlite_kit.open()
    lease = started(store)
    store.append(lease, -1, entries(1), AT)
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(AuditUnavailableError, match="the disk is full") as caught:
        store.append(lease, 0, entries(*range(2000)), AT)
    assert caught.value.hint.startswith("Free some space")
    assert numbers(store.read("R")) == [1]
    store._db.execute("PRAGMA max_page_count = 100000")
    store.append(lease, 0, entries(2), AT)
    assert verify(store).sound


def test_a_disk_that_is_really_full_loses_nothing_that_was_acknowledged(tmp_path: Path):
    disk = tmp_path / "disk"
    disk.mkdir()
    small = f"mount -t tmpfs -o size=400k,mode=0700 tmpfs {disk} && exec "
    inside = ["unshare", "--map-root-user", "--mount", "sh", "-c"]  # the mount ends with it
    may = shutil.which("unshare") and subprocess.run([*inside, f"{small} true"], check=False)
    if not may or may.returncode:
        pytest.skip("this machine does not let us mount a small disk")
    worker = f"{sys.executable} -m tests.journal.worker fill {disk}/journal.db R"
    done = subprocess.check_output([*inside, small + worker], cwd=ROOT, text=True)
    said, sound = done.splitlines()
    assert said == f"the journal {disk}/journal.db is unavailable: the disk is full"
    assert sound == "True"


def test_a_read_only_opening_reads_and_refuses_every_write(sqlite_kit: SqliteKit):
    writer = sqlite_kit.open()
    lease = started(writer)
    writer.append(lease, -1, entries(1), AT)
    reader = sqlite_kit.open(read_only=True)
    assert numbers(reader.read("R")) == [1]
    writer.append(lease, 0, entries(2), AT)
    assert numbers(reader.read("R")) == [1, 2]
    assert verify(reader).sound
    for write in (
        lambda: reader.create("X", target="t", runbook="b", at=AT),
        lambda: reader.claim("R", "w", 1.0),
        lambda: reader.takeover("R", "w", 1.0),
        lambda: reader.renew(lease),
        lambda: reader.release(lease),
        lambda: reader.append(lease, 1, entries(3), AT),
        lambda: reader.lock_target("t", lease, AT),
        lambda: reader.unlock_target("t", lease),
    ):
        with pytest.raises(AuditUnavailableError, match="open for reading only"):
            write()


def test_a_reader_does_not_create_a_journal(sqlite_kit: SqliteKit):
    with pytest.raises(AuditUnavailableError, match="no such file or directory"):
        sqlite_kit.open(read_only=True)
    assert not sqlite_kit.path.parent.exists()


def test_a_store_that_turned_read_only_refuses_with_a_hint(sqlite_kit: SqliteKit):
    store = sqlite_kit.open()
    lease = started(store)
    store._db.execute("PRAGMA query_only = ON")
    with pytest.raises(AuditUnavailableError, match="cannot be written") as caught:
        store.append(lease, -1, entries(1), AT)
    assert "SOPCTL_STATE_DIR" in caught.value.hint
    assert store.read("R") == ()


def test_a_store_locked_by_a_frozen_process_is_refused_after_the_wait(sqlite_kit: SqliteKit):
    store = sqlite_kit.open(busy=0.02)
    lease = started(store)
    with closing(sqlite3.connect(sqlite_kit.path, isolation_level=None)) as frozen:
        frozen.execute("BEGIN IMMEDIATE")
        with pytest.raises(AuditUnavailableError, match="another process has it locked"):
            store.append(lease, -1, entries(1), AT)
        assert store.read("R") == ()  # reading goes on
        frozen.execute("ROLLBACK")
    assert numbers(store.append(lease, -1, entries(1), AT)) == [1]


GREEDY = """
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
print("ready", flush=True)
while True:
    db.execute("BEGIN IMMEDIATE")
    db.execute("UPDATE ledger_end SET n = n")
    time.sleep(0.02)
    db.execute("COMMIT")
"""


# Waiting as SQLite itself does, a writer got no turn in twenty seconds beside such a neighbour.
def test_a_writer_gets_its_turn_beside_a_process_that_hardly_ever_lets_go(sqlite_kit: SqliteKit):
    store = sqlite_kit.open(busy=10.0)
    started(store)
    command = [sys.executable, "-c", GREEDY, str(sqlite_kit.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as neighbour:
        try:
            assert neighbour.stdout is not None
            assert neighbour.stdout.readline() == b"ready\n"
            assert all(store.create(f"X{n}", target="t", runbook="b", at=AT) for n in range(3))
        finally:
            neighbour.kill()


def test_after_a_disk_error_the_process_writes_no_more(
    sqlite_kit: SqliteKit, monkeypatch: pytest.MonkeyPatch
):
    store = sqlite_kit.open()
    lease = started(store)

    def failing(*_: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
        raise error

    with monkeypatch.context() as broken:
        broken.setattr("sopctl.journal.rows.add_records", failing)
        with pytest.raises(AuditUnavailableError, match="reading or writing it failed"):
            store.append(lease, -1, entries(1), AT)
    with pytest.raises(AuditUnavailableError, match="had a disk error"):
        store.append(lease, -1, entries(1), AT)
    assert store.read("R") == ()
    assert numbers(sqlite_kit.open().append(lease, -1, entries(1), AT)) == [1]


def test_a_closed_store_is_unavailable(sqlite_kit: SqliteKit):
    store = sqlite_kit.open()
    store.close()
    store.close()
    with pytest.raises(AuditUnavailableError):
        store.runs()


def test_an_interrupt_in_the_middle_of_an_append_appends_nothing(
    sqlite_kit: SqliteKit, monkeypatch: pytest.MonkeyPatch
):
    store = sqlite_kit.open()
    lease = started(store)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("sopctl.journal.rows.add_checkpoint", interrupted)
        with pytest.raises(KeyboardInterrupt):
            store.append(lease, -1, entries(1), AT)
    assert sqlite_kit.open().read("R") == ()
    assert numbers(store.append(lease, -1, entries(2), AT)) == [2]


# --- reading what was tampered with -----------------------------------------------


def test_reading_a_tampered_run_is_refused_with_the_place(sqlite_kit: SqliteKit):
    store = sqlite_kit.open()
    store.append(started(store), -1, entries(*range(6)), AT)
    with closing(sqlite3.connect(sqlite_kit.path, isolation_level=None)) as db:
        db.execute("DROP TRIGGER records_no_update")
        db.execute("""UPDATE records SET data = '{"n":99}' WHERE seq = 4""")
    for after in (-1, 1, 3):
        with pytest.raises(AuditBrokenError, match="run R, record 4: it was edited") as caught:
            store.read("R", after)
        assert "sopctl audit verify" in caught.value.hint
    assert numbers(store.read("R", 4)) == [5]


@pytest.mark.parametrize("after", [-1, 2, 5])
def test_reading_a_truncated_run_is_refused(sqlite_kit: SqliteKit, after: int):
    store = sqlite_kit.open()
    store.append(started(store), -1, entries(*range(6)), AT)
    with closing(sqlite3.connect(sqlite_kit.path, isolation_level=None)) as db:
        db.execute("DROP TRIGGER records_no_delete")
        db.execute("DELETE FROM records WHERE seq > 4")
    with pytest.raises(AuditBrokenError, match="missing at the end"):
        store.read("R", after)


def test_a_slip_of_the_hand_cannot_change_records(sqlite_kit: SqliteKit):
    store = sqlite_kit.open()
    store.append(started(store), -1, entries(1), AT)
    with closing(sqlite3.connect(sqlite_kit.path, isolation_level=None)) as db:
        for statement in (
            "UPDATE records SET kind = 'x'",
            "DELETE FROM records",
            "UPDATE ledger SET at = ''",
            "DELETE FROM ledger",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="only ever appended"):
                db.execute(statement)


# --- boots ------------------------------------------------------------------------


def test_a_reboot_frees_every_lease_and_target(sqlite_kit: SqliteKit):
    store = sqlite_kit.open()
    old = started(store, ttl=3600.0)
    store.lock_target("prod", old, AT)
    sqlite_kit.boot, sqlite_kit.seconds = "boot-2", 1001.0
    other = started(store, "OTHER")
    assert store.lock_target("prod", other, AT) is None
    new = store.claim("R", "w2", 10.0)
    assert isinstance(new, Lease)
    assert new.epoch > old.epoch


def test_a_clock_that_started_anew_frees_leases_without_a_boot_id(sqlite_kit: SqliteKit):
    sqlite_kit.boot, sqlite_kit.seconds = "", 1_000_000.0
    store = sqlite_kit.open()
    started(store, ttl=60.0)
    sqlite_kit.seconds = 999_990.0  # earlier than the claim: another boot
    assert isinstance(store.claim("R", "w2", 60.0), Lease)
    assert isinstance(store.claim("R", "w3", 60.0), Holder)


# --- processes --------------------------------------------------------------------


def test_concurrent_claims_of_processes_have_one_winner(sqlite_kit: SqliteKit):
    sqlite_kit.open().create("R", target="t", runbook="b", at=AT)
    racers = [process("claim", sqlite_kit.path) for _ in range(4)]
    try:
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("go\n")
            racer.stdin.flush()
        answers = [racer.communicate(timeout=30)[0].strip() for racer in racers]
    finally:
        for racer in racers:
            racer.kill()
            racer.communicate()
    assert sorted(answers) == ["-", "-", "-", "1"]


def test_processes_that_make_the_journal_at_once_all_get_it(sqlite_kit: SqliteKit):
    racers = [process("append", sqlite_kit.path, f"R{index}") for index in range(3)]
    try:
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline().strip().isdigit()
    finally:
        for racer in racers:
            racer.kill()
            racer.communicate()
    assert verify(sqlite_kit.open()).sound


@pytest.mark.parametrize("acknowledged", [1, 7, 40])
def test_a_killed_writer_loses_no_acknowledged_append(sqlite_kit: SqliteKit, acknowledged: int):
    writer = process("append", sqlite_kit.path)
    assert writer.stdout is not None
    try:
        seqs = [int(writer.stdout.readline()) for _ in range(acknowledged)]
        os.kill(writer.pid, signal.SIGKILL)
        # Through the same reader: communicate() would pass over what it has buffered already.
        rest = writer.stdout.read()
    finally:
        writer.kill()
        writer.communicate()
    seqs += [int(line) for line in rest.splitlines() if line]
    store = sqlite_kit.open()
    found = [record.seq for record in store.read("R")]
    assert found == list(range(len(found)))
    assert len(found) % 3 == 0  # a batch is there whole or not at all
    assert found[-1] in (seqs[-1], seqs[-1] + 3)
    assert verify(store).sound


def test_a_store_opens_where_the_path_has_odd_characters(tmp_path: Path):
    path = tmp_path / "a b?c#d%20é" / "journal.db"
    with SqliteStore(path) as store:
        started(store)
    assert path.exists()


def half_made(path: Path) -> None:
    """What a process leaves that died after the log was switched on, before the tables were."""
    path.parent.mkdir(mode=0o700)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
    path.chmod(0o600)


def half_switched(path: Path) -> None:
    """What a process leaves that died while it wrote the first page: a rollback is due."""
    path.parent.mkdir(mode=0o700)
    first = path.with_name("first.db")
    with closing(sqlite3.connect(first, isolation_level=None)) as db:
        db.execute("PRAGMA cache_size = 1")
        db.execute("CREATE TABLE one (pad)")
        db.execute("BEGIN")
        for _ in range(200):
            db.execute("INSERT INTO one VALUES (zeroblob(4000))")
        for end in ("", "-journal"):
            file = path.with_name(path.name + end)
            file.write_bytes(first.with_name(first.name + end).read_bytes())
            file.chmod(0o600)


@pytest.mark.parametrize("left", [half_made, half_switched])
def test_a_reader_of_a_journal_that_was_begun_and_not_finished_says_so(
    tmp_path: Path, left: Callable[[Path], None]
):
    path = tmp_path / "state" / "journal.db"
    left(path)
    with pytest.raises(AuditUnavailableError, match=r"not finished|died while") as caught:
        SqliteStore(path, read_only=True)
    assert "`sopctl status`" in caught.value.hint


def test_a_writer_finishes_a_journal_that_was_begun(sqlite_kit: SqliteKit, tmp_path: Path):
    path = tmp_path / "state" / "journal.db"
    half_made(path)
    with SqliteStore(path), SqliteStore(path, read_only=True) as reader:
        assert verify(reader).sound


def test_a_directory_that_cannot_be_locked_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def no_locks(descriptor: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", no_locks)
    with pytest.raises(AuditUnavailableError, match="cannot be used: no locks available"):
        SqliteStore(tmp_path / "state" / "journal.db")
