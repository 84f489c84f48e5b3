from __future__ import annotations

from datetime import UTC, datetime

from sopctl.app.doctor import verified
from sopctl.app.doctor.verified import Verified
from sopctl.core.check import Readiness, Severity
from sopctl.core.readiness import Finding, State

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def finding(severity, state):
    ready = Readiness(row="R", severity=severity, why="why", fix="fix")
    return Finding(check="c", state=state, readiness=ready, detail="")


FOUND = [
    finding(Severity.CRITICAL, State.NOT_READY),
    finding(Severity.CRITICAL, State.READY),
    finding(Severity.CRITICAL, State.UNKNOWN),
    finding(Severity.WARNING, State.NOT_READY),
]


def test_the_last_examination_of_each_target_is_kept(tmp_path):
    state = tmp_path / "state"
    assert verified.last(state, "prod") is None
    verified.remember(state, "prod", FOUND, NOW)
    verified.remember(state, "test", [], NOW)
    kept = verified.last(state, "prod")
    assert kept == Verified(at="2026-11-30T12:00:00.000000Z", ready=29, critical=1)
    assert verified.last(state, "test") == Verified(at=kept.at, ready=100, critical=0)


def test_a_file_that_cannot_be_read_or_written_costs_nothing(tmp_path):
    (tmp_path / "verified.json").write_text("{")
    assert verified.last(tmp_path, "prod") is None
    (tmp_path / "verified.json").write_text('{"prod": {"at": 1}}')
    assert verified.last(tmp_path, "prod") is None
    (tmp_path / "verified.json").write_text("[]")
    assert verified.last(tmp_path, "prod") is None
    occupied = tmp_path / "file"
    occupied.write_text("")
    verified.remember(occupied / "state", "prod", FOUND, NOW)
