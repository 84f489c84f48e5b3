"""Get one's turn to write beside processes that write all the time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

# Seconds. A writer leaves the file alone for some fifty microseconds; on a machine that is busy,
# too, only who asks thousands of times a second meets them, for a tenth of a core while it waits.
LONGEST_PAUSE: Final = 0.0003


def begin_writing(db: sqlite3.Connection, patience: float) -> None:
    """Begin a transaction that writes; raises sqlite3's "locked" after *patience* seconds.

    SQLite's own way of waiting asks ever more seldom, in the end ten times a second
    (``sqliteDefaultBusyCallback`` in sqlite/src/main.c). Beside writers that hardly ever let go it
    is starved for seconds: so we ask thousands of times a second, at random moments.
    """
    before = _wait_in_sqlite(db, 0)
    try:
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if not _is_busy(error):
            raise
        _ask_until(db, patience)
    finally:
        _wait_in_sqlite(db, before)


def _ask_until(db: sqlite3.Connection, patience: float) -> None:
    from tenacity import (  # noqa: PLC0415  # 40 ms that hardly any command has to pay
        Retrying,
        retry_if_exception,
        stop_after_delay,
        wait_random,
    )

    asking = Retrying(
        retry=retry_if_exception(_is_busy),
        wait=wait_random(0, LONGEST_PAUSE),
        stop=stop_after_delay(patience),
        reraise=True,
    )
    asking(db.execute, "BEGIN IMMEDIATE")


def _is_busy(error: BaseException) -> bool:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY


def _wait_in_sqlite(db: sqlite3.Connection, milliseconds: int) -> int:
    """Set how long SQLite itself waits; what it was before is returned."""
    with closing(db.execute("PRAGMA busy_timeout")) as cursor:
        before: int = cursor.fetchone()[0]
    db.execute(f"PRAGMA busy_timeout = {milliseconds}").close()
    return before
