"""Journals of every kind to test with; each is closed at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journal.contract import KITS, Kit, SqliteKit


@pytest.fixture(params=KITS, ids=lambda kind: kind.__name__)
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kit]:
    """A journal of each kind in turn."""
    made: Kit = request.param(tmp_path)
    with made.stack:
        yield made


@pytest.fixture
def sqlite_kit(tmp_path: Path) -> Iterator[SqliteKit]:
    """A journal in a file."""
    made = SqliteKit(tmp_path)
    with made.stack:
        yield made
