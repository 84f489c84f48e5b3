"""What SQLite says, in our words: a journal that cannot be used, or one that is broken."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sopctl.core.errors import AuditBrokenError, AuditUnavailableError, SopError

# Primary result codes (sqlite.org/rescode.html); the upper bits of an extended code say more.
_PRIMARY = 0xFF
_WORDS = {
    sqlite3.SQLITE_FULL: ("the disk is full", "Free some space, then resume the run."),
    sqlite3.SQLITE_READONLY: (
        "it cannot be written",
        "Make the file and its directory writable, or set SOPCTL_STATE_DIR.",
    ),
    sqlite3.SQLITE_BUSY: (
        "another process has it locked",
        "Look for a frozen sopctl process (`ps`), end it, then try again.",
    ),
    sqlite3.SQLITE_LOCKED: (
        "another connection has it locked",
        "Try again; if it stays, look for a frozen sopctl process.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "it cannot be opened",
        "Check that the file exists and that you may read and write its directory.",
    ),
    sqlite3.SQLITE_PERM: ("access is denied", "Check who owns the file and its mode."),
    sqlite3.SQLITE_AUTH: ("access is denied", "Check who owns the file and its mode."),
    sqlite3.SQLITE_IOERR: (
        "reading or writing it failed",
        "Check the disk (`dmesg`); start sopctl anew to try again.",
    ),
    sqlite3.SQLITE_PROTOCOL: (
        "its locks cannot be taken",
        "Check its disk (`dmesg`), or set SOPCTL_STATE_DIR to a directory on a local disk.",
    ),
    sqlite3.SQLITE_NOLFS: ("the disk cannot hold a file of its size", "Use another disk."),
}
_FINER = {
    sqlite3.SQLITE_READONLY_ROLLBACK: (
        "a process died while it made it, and a reader may not clear that up",
        "Run `sopctl status`, which clears it up.",
    ),
}
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Errors of SQLite inside become AuditUnavailableError or AuditBrokenError."""
    try:
        yield
    except sqlite3.Error as error:
        raise _ours(error, path) from error
    except UnicodeDecodeError as error:  # a message of SQLite that quotes a damaged name
        raise _damaged(path, "its schema cannot be read") from error


def is_io_error(error: sqlite3.Error) -> bool:
    """Did the disk fail? Then nothing that was written since the last success can be trusted."""
    return _code(error) == sqlite3.SQLITE_IOERR


def _code(error: sqlite3.Error) -> int:
    return _extended(error) & _PRIMARY


def _extended(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", 0)  # absent when Python itself objects
    return code


def _ours(error: sqlite3.Error, path: Path) -> SopError:
    code = _code(error)
    if code in _BROKEN:
        return _damaged(path, str(error))
    unknown = (str(error), "Report this with the whole message.")
    what, hint = _FINER.get(_extended(error)) or _WORDS.get(code, unknown)
    return AuditUnavailableError(f"the journal {path} is unavailable: {what}", hint=hint)


def _damaged(path: Path, what: str) -> AuditBrokenError:
    return AuditBrokenError(
        f"the journal {path} is damaged: {what}",
        # SQLite says so of a file that the disk cannot read, too (abort_due_to_error in src/vdbe.c
        # of sqlite makes SQLITE_CORRUPT of SQLITE_IOERR_CORRUPTFS), and does not tell which.
        hint="Check the disk (`dmesg`). Keep the file as it is; if the disk is sound, copy what can"
        " be read with `sqlite3 FILE .recover`.",
    )
