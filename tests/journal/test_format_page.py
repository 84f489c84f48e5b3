"""The reference page of the format is true: its recipe checks a journal without sopctl."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sopctl.journal import schema
from tests.journal.contract import AT, SqliteKit, entries, started

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "journal-format.md"


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """The Python of the page, as a file."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "recipe.py").write_text(code, encoding="utf-8")
    return tmp_path / "recipe.py"


def said(recipe: Path, journal: Path) -> list[str]:
    command = [sys.executable, "-I", str(recipe), str(journal)]
    return subprocess.check_output(command, text=True).splitlines()


def test_the_recipe_of_the_page_checks_a_journal(sqlite_kit: SqliteKit, recipe: Path):
    store = sqlite_kit.open()
    for run in ("R1", "R2"):
        lease = started(store, run)
        store.append(lease, -1, entries(1, 2, 3), AT)
        store.append(lease, 2, entries(4), AT)
    assert said(recipe, sqlite_kit.path) == ["heads agree: True"]
    with closing(sqlite3.connect(sqlite_kit.path, isolation_level=None)) as db:
        db.execute("DROP TRIGGER records_no_update")
        db.execute("DROP TRIGGER ledger_no_update")
        db.execute("UPDATE records SET kind = 'x' WHERE run = 'R2' AND seq = 1")
        db.execute("UPDATE ledger SET at = 'x' WHERE n = 4")
        db.execute("UPDATE runs SET seq = 7 WHERE run = 'R1'")
    assert said(recipe, sqlite_kit.path) == [
        "broken: R2 1",
        "broken: ledger 4",
        "heads agree: False",
    ]


def test_the_page_names_every_table_and_the_format():
    page = PAGE.read_text(encoding="utf-8")
    tables = re.findall(r"CREATE TABLE (\w+)", " ".join(schema._TABLES))
    assert len(tables) == 5
    assert all(f"**{table}**" in page for table in tables)
    assert f"This is format {schema.VERSION} " in page
    assert f"`PRAGMA application_id` is {schema.APPLICATION}," in page
