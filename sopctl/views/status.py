"""Runs under way, and mitigations still in place: with owner, age and deadline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sopctl.core.codec import Json
from sopctl.core.journal import Holder
from sopctl.core.plan import Plan
from sopctl.engine.holdings import Holding
from sopctl.engine.state import RunState
from sopctl.views import states
from sopctl.views.lines import EMPTY, Line, Span, count, line


class Row(Protocol):
    """See ``sopctl.app.standing``."""

    @property
    def state(self) -> RunState: ...
    @property
    def standing(self) -> str: ...
    @property
    def held(self) -> Sequence[Holding]: ...
    @property
    def holder(self) -> Holder | None: ...
    @property
    def age(self) -> float: ...
    @property
    def overdue(self) -> float | None: ...


_STYLES = {
    "in progress": "strong",
    "parked": "warn",
    "interrupted": "bad",
    "in place": "warn",
    "over": "quiet",
}


def lines(rows: Sequence[Row]) -> list[Line]:
    """A paragraph for each run, newest last; nothing to show is said."""
    if not rows:
        return [line("No run is open, and nothing is in place.")]
    return [shown for row in rows for shown in (*_row(row), EMPTY)][:-1]


def data(rows: Sequence[Row]) -> list[Json]:
    """An object for each run."""
    return [_data(row) for row in rows]


def _row(row: Row) -> list[Line]:
    plan = row.state.plan
    assert plan is not None
    head: list[Span] = [
        (row.state.run, "strong"),
        (f"  {plan.runbook} on {plan.target['name']}  ", ""),
        (_word(row), _STYLES[row.standing]),
    ]
    who = f"{row.state.header.get('user', '?')}@{row.state.header.get('host', '?')}"
    incident = row.state.header.get("incident")
    about = f"by {who}, {states.duration(row.age)} ago{_whose_time(plan)}"
    about += f", incident {incident}" if incident else ""
    back = f", takes back run {plan.source_run}" if plan.source_run else ""
    shown = [line(*head), line((about + back, "quiet"), indent=4)]
    if row.holder:
        shown.append(line(f"worked on by {row.holder.worker} since {row.holder.since}", indent=4))
    if row.state.parked and row.standing == "parked":
        parked = row.state.parked
        shown.append(line((f"{parked['why']}: ", "warn"), str(parked["detail"]), indent=4))
    shown += _held(row)
    return [*shown, *_next(row)]


def _whose_time(plan: Plan) -> str:
    """The sandbox's hours are minutes of ours, which would look like a mistake."""
    return " in the sandbox's time" if plan.target.get("name") == "sandbox" else ""


def _word(row: Row) -> str:
    waits = row.standing == "parked" and row.state.parked and row.state.parked["why"] == "gate"
    return "parked at a gate" if waits else str(row.standing)


def _held(row: Row) -> list[Line]:
    if not row.held:
        return []
    steps: dict[str, int] = {}
    for holding in row.held:
        steps[holding.step] = steps.get(holding.step, 0) + 1
    listed = ", ".join(f"{step} ({number})" for step, number in steps.items())
    shown = [line(f"{count(len(row.held), 'change')} in place: {listed}", indent=4)]
    if row.overdue is not None:
        late = states.duration(abs(row.overdue))
        text, style = (
            (f"overdue since {late}", "bad")
            if row.overdue > 0
            else (f"to be rolled back within {late}", "quiet")
        )
        shown.append(line((text, style), indent=4))
    return shown


def _next(row: Row) -> list[Line]:
    """The command that goes on from here."""
    if row.standing == "parked" and row.state.parked and row.state.parked["why"] == "gate":
        answer = f"sopctl approve {row.state.run} --answer yes"
        return [line((answer, "strong"), " (or no), or undo it all by", indent=4), _back(row)]
    if row.standing in ("parked", "interrupted"):
        return [line(("sopctl resume ", "strong"), (row.state.run, "strong"), indent=4)]
    return [_back(row)] if row.standing == "in place" else []


def _back(row: Row) -> Line:
    return line(("sopctl rollback ", "strong"), (row.state.run, "strong"), indent=4)


def _data(row: Row) -> Json:
    plan = row.state.plan
    assert plan is not None
    return {
        "schema": "sopctl.status/1",
        "run": row.state.run,
        "runbook": plan.runbook,
        "target": str(plan.target.get("name", "?")),
        "state": str(row.standing),
        "outcome": str(row.state.end) if row.state.end else None,
        "source_run": plan.source_run or None,
        "user": row.state.header.get("user"),
        "incident": row.state.header.get("incident"),
        "age_seconds": round(row.age, 3),
        "overdue_seconds": row.overdue,
        "parked": dict(row.state.parked) if row.state.parked else None,
        "worker": row.holder.worker if row.holder else None,
        "in_place": [
            {"step": held.step, "resource": str(held.resource), "joined": held.joined}
            for held in row.held
        ],
    }
