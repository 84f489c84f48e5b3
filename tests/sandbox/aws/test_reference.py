from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/reference/sandbox-aws.md"
NAMED = re.compile(r"`((?:[a-z]+/)?test_\w+\.py)(?:::(test_\w+))?`")


def test_every_row_names_a_test_that_exists() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    rows = [row for row in rows if not row.startswith("| what ")]
    assert len(rows) > 40
    for row in rows:
        cell = row.rstrip("| ").rpartition("|")[2].strip()
        named = NAMED.findall(cell)
        assert named or cell.startswith("none"), row
        for name, test in named:
            source = (ROOT / "tests/sandbox/aws" / name).read_text()
            assert f"def {test}(" in source if test else True, f"{name}::{test}"
