"""Whether people practise, and whether the last incident is over: from this machine's records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sopctl.app import drills
from sopctl.app.standing import RunStanding
from sopctl.core.check import Readiness, Severity
from sopctl.core.clock import parse_stamp
from sopctl.core.readiness import Finding, State

DRILLED: Final = "ready.drilled"
RESIDUE: Final = "ready.residue"
RUNBOOK: Final = "az-failure"
DAYS: Final = 90
DRILLS: Final = Readiness(
    row="OPS2",
    severity=Severity.WARNING,
    why="An SOP that nobody practises is a guess.",
    fix=f"sopctl drill {RUNBOOK}",
)
REMAINS: Final = Readiness(
    row="OPS2",
    severity=Severity.WARNING,
    why="What was left in place hides a part of the cluster from the next runbook.",
    fix="sopctl status; then sopctl rollback RUN, or sopctl resume RUN",
)


def drilled(state: Path, now: datetime, runbook: str = RUNBOOK) -> Finding:
    """The last drill of *runbook* passed, and was not long ago."""
    last = drills.last(state, runbook)
    if last is None:
        rows, detail = (f"{runbook} was never drilled on this machine",), "nobody practises here"
    else:
        age = now - parse_stamp(last.held)
        old = age > timedelta(days=DAYS)
        rows = (
            *((f"the last drill was {age.days} days ago",) if old else ()),
            *(() if last.passed else ("the last drill failed",)),
        )
        detail = f"{runbook} was drilled {last.held[:10]} in {last.scenario}"
    return _finding(DRILLED, DRILLS, detail, rows)


def residue(standings: Sequence[RunStanding]) -> Finding:
    """No run has anything in place, and none is open."""
    rows = tuple(
        f"run {each.state.run} ({each.state.plan.runbook if each.state.plan else ''}) is "
        f"{each.standing}, and holds {len(each.held)} changes"
        for each in standings
        if each.held or each.state.end is None
    )
    detail = f"{len(rows)} runs are not over" if rows else "nothing is left of earlier runs"
    return _finding(RESIDUE, REMAINS, detail, rows)


def _finding(check: str, readiness: Readiness, detail: str, rows: tuple[str, ...]) -> Finding:
    state = State.NOT_READY if rows else State.READY
    return Finding(check=check, state=state, readiness=readiness, detail=detail, rows=rows)
