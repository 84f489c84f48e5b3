"""The page that says what is modelled names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/reference/sandbox-kubernetes.md"


def test_every_row_names_a_test_that_exists():
    named = re.findall(r"`(tests/\S+\.py)::(test_\w+)`", PAGE.read_text())
    assert len(named) > 30
    missing = [
        f"{path}::{name}" for path, name in named if f"def {name}(" not in (ROOT / path).read_text()
    ]
    assert missing == []


def test_only_what_is_absent_has_no_test():
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    untested = [row for row in rows if "`tests/" not in row and not row.startswith("| area")]
    assert all("never called" in row or "not enforced" in row for row in untested)
