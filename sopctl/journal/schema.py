"""The tables of the embedded store, and how its file is opened.

Write-ahead log with ``synchronous=FULL``: a commit is on disk when it returns
(sqlite.org/pragma.html#pragma_synchronous; NORMAL is not durable). The format is described in
``docs/reference/journal-format.md``.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sopctl.core.errors import AuditBrokenError, AuditUnavailableError
from sopctl.core.journal import GENESIS
from sopctl.journal.faults import translated
from sopctl.journal.paths import existing_file, private_directory, private_file, unusable

VERSION = 1
APPLICATION = 0x534F5043  # "SOPC", so that file(1) and we can tell the file from others

# The triggers stop a slip of the hand; who means harm is found by the chain, not stopped.
_TABLES = (
    """CREATE TABLE runs (
        run TEXT PRIMARY KEY, target TEXT NOT NULL, runbook TEXT NOT NULL, created TEXT NOT NULL,
        seq INTEGER NOT NULL, hash TEXT NOT NULL,
        worker TEXT NOT NULL, epoch INTEGER NOT NULL, since TEXT NOT NULL,
        until REAL NOT NULL, ttl REAL NOT NULL, boot TEXT NOT NULL)""",
    """CREATE TABLE records (
        run TEXT NOT NULL, seq INTEGER NOT NULL, epoch INTEGER NOT NULL, at TEXT NOT NULL,
        kind TEXT NOT NULL, data TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL,
        PRIMARY KEY (run, seq))""",
    """CREATE TABLE ledger (
        n INTEGER PRIMARY KEY, at TEXT NOT NULL, run TEXT NOT NULL, seq INTEGER NOT NULL,
        head TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL)""",
    """CREATE TABLE ledger_end (
        one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL, hash TEXT NOT NULL)""",
    """CREATE TABLE locks (
        target TEXT PRIMARY KEY, run TEXT NOT NULL, epoch INTEGER NOT NULL, since TEXT NOT NULL)""",
    *(
        f"""CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table}
        BEGIN SELECT RAISE(ABORT, '{table} are only ever appended'); END"""
        for table in ("records", "ledger")
        for event in ("update", "delete")
    ),
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)


def open_writer(path: Path, busy: float) -> sqlite3.Connection:
    """The store at *path* for reading and writing, made if there is none.

    *busy* is how many seconds to wait for another process. Raises AuditUnavailableError or
    AuditBrokenError.
    """
    private_directory(path.parent)
    with translated(path):
        private_file(path)
        db = _connect(path, "rw", busy)
        try:
            if _pragma(db, "journal_mode") != "wal" or _pragma(db, "user_version") == 0:
                with _alone(path.parent):
                    _make(db, path)
            _set_up(db)
            _check_version(db, path)
        except BaseException:
            db.close()
            raise
        return db


def open_reader(path: Path, busy: float) -> sqlite3.Connection:
    """The store at *path*, which has to exist, for reading only; raises as above."""
    existing_file(path)
    log = path.with_name(path.name + "-wal")
    with translated(path):
        mode = "ro"
        if not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size):
            mode = "ro&immutable=1"  # a log cannot be made there, and nobody else writes either
        db = _connect(path, mode, busy)
        try:
            _check_version(db, path)
        except BaseException:
            db.close()
            raise
        return db


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One opener at a time: the switch to a write-ahead log does not wait for others."""
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise unusable(directory, error) from error
    try:
        _lock(descriptor, directory)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, directory: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:  # a network file system may have no locks
        raise unusable(directory, error) from error


def _connect(path: Path, mode: str, busy: float) -> sqlite3.Connection:
    db = sqlite3.connect(
        f"file:{quote(str(path))}?mode={mode}",
        uri=True,
        timeout=busy,
        isolation_level=None,  # transactions are written out
        check_same_thread=False,  # the store has a lock of its own
    )
    db.text_factory = _text
    return db


def _text(stored: bytes) -> str:
    """Text that somebody spoiled still has to be read, to say where it is."""
    return stored.decode("utf-8", "backslashreplace")


def _make(db: sqlite3.Connection, path: Path) -> None:
    _refuse_others(db, path)
    if _pragma(db, "journal_mode = WAL") != "wal":
        raise AuditUnavailableError(
            f"the journal {path} cannot have a write-ahead log here",
            hint="Set SOPCTL_STATE_DIR to a directory on a local disk.",
        )
    _set_up(db)
    if _pragma(db, "user_version") == 0:
        _create(db, path)


def _set_up(db: sqlite3.Connection) -> None:
    settings = ("synchronous = FULL", "fullfsync = ON", "checkpoint_fullfsync = ON")
    for setting in (*settings, "trusted_schema = OFF"):
        db.execute(f"PRAGMA {setting}").close()


def _create(db: sqlite3.Connection, path: Path) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        _refuse_others(db, path)
        for statement in _TABLES:
            db.execute(statement)
        db.execute("INSERT INTO ledger_end VALUES (1, -1, ?)", (GENESIS,))
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _refuse_others(db: sqlite3.Connection, path: Path) -> None:
    with closing(db.execute("SELECT count(*) FROM sqlite_schema")) as cursor:
        (tables,) = cursor.fetchone()
    if tables and _pragma(db, "application_id") != APPLICATION:
        raise AuditBrokenError(
            f"{path} is a database, but not a journal of sopctl",
            hint="Move the file away, or set SOPCTL_STATE_DIR to another directory.",
        )


def _check_version(db: sqlite3.Connection, path: Path) -> None:
    _refuse_others(db, path)
    version = _pragma(db, "user_version")
    if version == 0:  # a reader finds what a writer that died has left
        raise AuditUnavailableError(
            f"the journal {path} was begun and not finished: nothing is recorded in it",
            hint="Run `sopctl status`, which finishes it.",
        )
    if version != VERSION:
        raise AuditUnavailableError(
            f"the journal {path} has format {version}; this sopctl knows {VERSION}",
            hint="Use the sopctl that wrote it, or a newer one.",
        )


def _pragma(db: sqlite3.Connection, text: str) -> object:
    with closing(db.execute(f"PRAGMA {text}")) as cursor:
        row = cursor.fetchone()
        return None if row is None else row[0]
