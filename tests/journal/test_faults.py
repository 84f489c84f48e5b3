"""What SQLite says, in our words."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sopctl.core.errors import AuditBrokenError, AuditUnavailableError
from sopctl.journal.faults import translated

PATH = Path("/state/journal.db")


def said_of(code: int) -> str:
    """The message and the hint of an error of SQLite with this code."""
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorcode = code
    with pytest.raises((AuditUnavailableError, AuditBrokenError)) as caught, translated(PATH):
        raise error
    return f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "the disk is full"),
        (sqlite3.SQLITE_READONLY, "it cannot be written"),
        (sqlite3.SQLITE_READONLY_ROLLBACK, "a process died while it made it"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "it cannot be written"),
        (sqlite3.SQLITE_PROTOCOL, "its locks cannot be taken"),
        (sqlite3.SQLITE_IOERR_FSYNC, "reading or writing it failed"),
        (sqlite3.SQLITE_CORRUPT, "Check the disk"),
        (sqlite3.SQLITE_INTERNAL, "Report this with the whole message"),
    ],
)
def test_every_error_names_the_file_and_says_what_to_do(code: int, words: str):
    said = said_of(code)
    assert f"{PATH}" in said
    assert words in said
