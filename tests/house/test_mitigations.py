"""The table of mitigations names every action, and no other."""

from __future__ import annotations

from pathlib import Path

import yaml

from sopctl.actions.catalog import CATALOG

TABLE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "mitigations.yaml"
ROWS = [row for part in yaml.safe_load(TABLE.read_text()) for row in part["rows"]]


def test_every_action_carries_out_a_mitigation_of_the_table():
    named = {name for row in ROWS for name in row.get("by", ())}
    assert named == set(CATALOG)


def test_every_row_has_an_action_or_says_why_not():
    for row in ROWS:
        assert bool(row.get("by")) != bool(row.get("missing")), row
