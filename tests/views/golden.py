"""Screens as files: ``SOPCTL_UPDATE_GOLDEN=1 pytest tests/views`` writes them again."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_golden(name, text):
    """*text* is what the file *name* says; a difference is for people to look at."""
    path = FOLDER / name
    if os.environ.get("SOPCTL_UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
