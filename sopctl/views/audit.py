"""Journals on the screen: lists, timelines, and what a verification found."""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.core.codec import Json
from sopctl.core.journal import Record
from sopctl.engine import records as kinds
from sopctl.engine.state import RunState
from sopctl.journal.verify import Report
from sopctl.views import events
from sopctl.views.lines import EMPTY, Line, Span, count, line, table


def listed(states: Sequence[RunState]) -> list[Line]:
    """One line per run."""
    if not states:
        return [line("There is no run yet.")]
    rows: list[list[str | Span]] = [
        [(head, "quiet") for head in ("RUN", "STARTED", "TARGET", "RUNBOOK", "BY", "HOW IT ENDED")]
    ]
    for state in states:
        found = _facts(state)
        rows.append([(str(found["run"]), "strong"), *(str(v or "-") for v in _columns(found))])
    return table(rows)


def listed_data(states: Sequence[RunState]) -> list[Json]:
    return [{"schema": "sopctl.run/1", **_facts(state)} for state in states]


def timeline(records: Sequence[Record]) -> list[Line]:
    """Every record as a sentence, with its time and its number."""
    if not records:
        return [line("There are no records.")]
    first = records[0]
    shown = [line(("Run ", "strong"), (first.run, "strong"))]
    shown += _header(first)
    shown.append(EMPTY)
    for record in records:
        if spans := events.told(record):
            at = f"{record.at[:10]} {record.at[11:19]}"
            shown.append(line((f"{at}  {record.seq:4}  ", "quiet"), *spans))
    last = records[-1]
    shown += [EMPTY, line((f"{count(len(records), 'record')}, head {last.hash}", "quiet"))]
    return shown


def verified(report: Report) -> list[Line]:
    """Every bad place, or that there is none."""
    shown = [line(("broken: ", "bad"), f"{broken}") for broken in (*report.breaks, *report.file)]
    records = sum(run.records for run in report.runs)
    total = f"{count(len(report.runs), 'run')}, {count(records, 'record')}"
    if report.sound:
        return [line(("intact: ", "good"), total)]
    return [*shown, line(f"{count(len(shown), 'bad place')} in {total}")]


def verified_data(report: Report) -> Json:
    return {
        "schema": "sopctl.verify/1",
        "sound": report.sound,
        "runs": [
            {
                "run": run.run,
                "records": run.records,
                "ended": run.ended,
                "breaks": [str(broken) for broken in run.breaks],
            }
            for run in report.runs
        ],
        "ledger": [str(broken) for broken in report.ledger],
        "file": list(report.file),
    }


def _header(start: Record) -> list[Line]:
    """Who, where, why, and with what."""
    if start.kind != kinds.START:
        return []
    data = start.data
    rows: list[list[str | Span]] = []
    for name, key in (
        ("by", "user"),
        ("host", "host"),
        ("AWS caller", "caller"),
        ("Kubernetes user", "kubernetes_user"),
        ("incident", "incident"),
        ("reason", "reason"),
        ("sopctl", "version"),
        ("runbook commit", "commit"),
        ("plan", "plan_hash"),
    ):
        if value := data.get(key):
            rows.append([(name, "quiet"), str(value)])
    return table(rows, indent=2)


def _facts(state: RunState) -> dict[str, Json]:
    plan = state.plan
    assert plan is not None
    parked = "parked" if state.parked else "open"
    return {
        "run": state.run,
        "started": state.started.strftime("%Y-%m-%d %H:%M:%S") if state.started else None,
        "target": str(plan.target.get("name", "?")),
        "runbook": plan.runbook,
        "user": state.header.get("user"),
        "outcome": str(state.end) if state.end else parked,
        "source_run": plan.source_run or None,
        "incident": state.header.get("incident") or None,
        "records": state.seq + 1,
    }


def _columns(found: dict[str, Json]) -> list[Json]:
    runbook = found["runbook"]
    if found["source_run"]:
        runbook = f"{runbook} (back)"
    return [found["started"], found["target"], runbook, found["user"], found["outcome"]]
