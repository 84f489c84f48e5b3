"""The table of readiness has every row of the practice, and each has a check."""

from __future__ import annotations

from pathlib import Path

import yaml

from sopctl.app.doctor.whole import OURS
from sopctl.checks.catalog import CATALOG

TABLE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "readiness.yaml"
ROWS = [row for part in yaml.safe_load(TABLE.read_text()) for row in part["rows"]]
COUNTS = {"TOP": 6, "CA": 10, "SP": 10, "WL": 12, "CC": 6, "TR": 3, "KP": 1, "OPS": 3}


def test_every_row_of_the_practice_is_there_once():
    assert sorted(ROWS) == sorted(
        f"{name}{n}" for name, top in COUNTS.items() for n in range(1, top + 1)
    )


def test_every_row_is_answered_and_no_check_has_a_row_of_its_own():
    answered = {
        row
        for check in CATALOG.values()
        if check.readiness is not None
        for row in check.readiness.row.split(", ")
    } | {ready.row for _, ready in OURS.values()}
    assert answered == set(ROWS)
