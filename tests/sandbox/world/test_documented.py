"""Each row of the page names a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "reference" / "sandbox-world.md"
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE.read_text())))


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_behaviour_is_held_by_a_test(file, name):
    tree = ast.parse((HERE / file).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_behaviour_names_one():
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    tables = [row for row in rows if row.count("|") == 5 and not row.startswith("| behaviour")]
    assert tables
    assert [row for row in tables if not re.search(r"::\w+` \|$", row)] == []
