from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from sopctl.app import drills
from sopctl.app.doctor import practice
from sopctl.core.clock import stamp
from sopctl.core.readiness import State
from tests.app.test_drills import ONE

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def held(state, days, *, passed=True):
    at = stamp(NOW - timedelta(days=days))
    drills.save(
        state, replace(ONE, runbook="az-failure", held=at, outcome="done" if passed else "partial")
    )


def test_never_drilled_is_not_ready(tmp_path):
    found = practice.drilled(tmp_path, NOW)
    assert found.state is State.NOT_READY
    assert found.rows == ("az-failure was never drilled on this machine",)


@pytest.mark.parametrize(
    ("days", "passed", "rows"),
    [
        (1, True, ()),
        (90, True, ()),
        (91, True, ("the last drill was 91 days ago",)),
        (1, False, ("the last drill failed",)),
    ],
)
def test_the_last_drill_passed_and_was_not_long_ago(tmp_path, days, passed, rows):
    held(tmp_path, days, passed=passed)
    found = practice.drilled(tmp_path, NOW)
    assert found.rows == rows
    assert (found.state is State.READY) is (not rows)


@dataclass
class _Plan:
    runbook: str = "az-failure"


@dataclass
class _State:
    run: str = "01ABC"
    end: str | None = None
    plan: _Plan = None


@dataclass
class _Row:
    state: _State
    held: tuple = ()
    standing: str = "parked"


def test_what_is_open_or_holds_something_is_left():
    over = _Row(_State(end="done", plan=_Plan()))
    assert practice.residue([over]).state is State.READY
    holds = _Row(_State(end="done", plan=_Plan()), held=("a", "b"), standing="in place")
    found = practice.residue([over, holds, _Row(_State(plan=_Plan()))])
    assert found.state is State.NOT_READY
    assert found.rows == (
        "run 01ABC (az-failure) is in place, and holds 2 changes",
        "run 01ABC (az-failure) is parked, and holds 0 changes",
    )
