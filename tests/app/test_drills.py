"""Records of drills: kept, found, and made from a run's journal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sopctl.app import drills
from sopctl.core.drill import Drill
from sopctl.core.errors import UsageError
from sopctl.core.journal import GENESIS, Record

BEGAN = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
ONE = Drill(
    id="01A",
    runbook="az-failure",
    digest="d",
    scenario="az-outage",
    params={"zone": "us-east-1a"},
    mode="auto",
    held="2026-11-01T03:00:00.000000Z",
    version="1",
    took=60.0,
    outcome="done",
    back="done",
)


def test_a_drill_is_kept_and_found(tmp_path):
    later = replace(ONE, id="01B", held="2026-11-02T03:00:00.000000Z", runbook="prepare")
    file = drills.save(tmp_path, later)
    drills.save(tmp_path, ONE)

    assert file.stat().st_mode & 0o777 == 0o600
    assert drills.history(tmp_path) == [ONE, later]
    assert drills.history(tmp_path, "prepare") == [later]
    assert drills.last(tmp_path, "az-failure") == ONE
    assert drills.last(tmp_path, "other") is None
    assert drills.find(tmp_path, "") == later
    assert drills.find(tmp_path, "01a") == ONE
    for wrong in ("01", "02"):
        with pytest.raises(UsageError):
            drills.find(tmp_path, wrong)


def test_without_drills_it_says_how_to_hold_one(tmp_path):
    with pytest.raises(UsageError, match="no drill was held") as caught:
        drills.find(tmp_path, "")
    assert "sopctl drill az-failure" in caught.value.hint


def test_a_record_that_cannot_be_read_is_no_drill(tmp_path):
    file = drills.save(tmp_path, ONE)
    file.write_text("{}")
    assert drills.history(tmp_path) == []


@pytest.mark.parametrize(
    "change", [{"outcome": "parked"}, {"back": "exit code 21"}, {"differences": ("a: 1 -> 2",)}]
)
def test_only_what_came_back_completely_has_passed(change):
    assert ONE.passed
    assert not replace(ONE, **change).passed


def test_times_are_those_of_the_journal():
    def record(minute, kind, **data):
        at = f"2026-11-01T03:{minute:02d}:00.000000Z"
        return Record(run="r", seq=0, epoch=0, at=at, kind=kind, data=data, prev=GENESIS)

    found = drills.timings(
        [
            record(8, "start"),
            record(9, "result", items=[{"op": "1"}]),
            record(10, "parked", why="gate"),
            record(12, "answer"),
            record(13, "result", items=[{"op": "2"}]),
            record(14, "end"),
        ],
        BEGAN,
    )

    assert (found.began, found.first_change, found.mitigated, found.ended) == (480, 540, 780, 840)
    assert found.at_gates == 120
