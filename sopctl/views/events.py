"""Records as sentences: what happened, one line each, for live views, timelines and reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from sopctl.core.codec import Json, decode
from sopctl.core.journal import Record
from sopctl.core.resource import ResourceId
from sopctl.core.shape import MISSHAPEN, misfit
from sopctl.engine import records as kinds
from sopctl.views import states
from sopctl.views.lines import Span, count

# Record data is JSON that the engine's records module wrote; this is where people read it.
Data = Mapping[str, Any]

NAMED: Final = 5  # changes that are named; all are in the record
REQUESTS: Final = 2  # ids of calls that are shown; all are in the record
_OUTCOMES: Final[Mapping[str, str]] = {
    "applied": "good",
    "held": "good",
    "answered": "good",
    "told": "good",
    "not-told": "warn",
    "unchanged": "quiet",
    "skipped": "quiet",
    "pending-retry": "warn",
    "declined": "warn",
    "stale": "bad",
    "failed": "bad",
    "conflict": "bad",
}
MARK: Final[Mapping[str, str]] = {
    "good": "ok",
    "quiet": "--",
    "warn": "!!",
    "bad": "XX",
    "": "..",
}
"""What stands for a colour where there is none."""


def outcome_style(outcome: str) -> str:
    return _OUTCOMES.get(outcome, "")


def told(record: Record) -> list[Span]:
    """One record as a sentence; empty: of no interest to people."""
    tell = _TELL.get(record.kind)
    return _tried(tell, record) if tell else [(record.kind, "")]


def brief(record: Record) -> list[Span]:
    """As told(), without what a person who watches live need not see: what went as it should."""
    if record.kind == kinds.INTENT:
        return _tried(_moved, record)
    if record.kind in _DETAIL:
        return []
    spans = told(record)
    went_well = not any(style in ("bad", "warn") for _, style in spans)
    return [] if record.kind in _GOOD_NEWS and went_well else spans


def _tried(tell: Callable[[Data], list[Span]], record: Record) -> list[Span]:
    """What *tell* says of *record*; one that sopctl never wrote does not hide the others."""
    try:
        return tell(record.data)
    except MISSHAPEN as error:
        return [(f"{record.kind}: not a record of sopctl: {misfit(error)}", "bad")]


_DETAIL: Final = frozenset(
    {kinds.START, kinds.CONSENT, kinds.LEG, kinds.MARKING, kinds.STEP, kinds.TELLING, kinds.TOLD}
)
_GOOD_NEWS: Final = frozenset(
    {kinds.VERDICT, kinds.MARKED, kinds.UNMARKED, kinds.RESULT, kinds.FOUND}
)


def _start(data: Data) -> list[Span]:
    plan = data["plan"]
    by = f"{data.get('user', '?')}@{data.get('host', '?')}"
    reason = f" because {data['reason']}" if data.get("reason") else ""
    incident = f", incident {data['incident']}" if data.get("incident") else ""
    return [("started", "strong"), (f" {plan['title']}, by {by}{incident}{reason}", "")]


def _consent(data: Data) -> list[Span]:
    return [(f"consent of {data['by']} ({data['how']}) to plan {data['plan_hash'][:12]}", "")]


def _leg(data: Data) -> list[Span]:
    return [(f"{data['how']} by {data['worker']}", "quiet")]


def _step(data: Data) -> list[Span]:
    return [(str(data["work"]), "strong"), (" started", "")]


def _verdict(data: Data) -> list[Span]:
    word = "is to run" if data["runs"] else "is not to run"
    aside = f" ({data['why']})" if data["why"] else ""
    return [(f"{data['work']}: its `when` says that it {word}{aside}", "quiet")]


def _selected(data: Data) -> list[Span]:
    return [(f"{data['work']} selected {count(len(data['changes']), 'change')}", "")]


def _more(data: Data) -> list[Span]:
    return [(f"{data['work']} goes on with {count(len(data['changes']), 'new resource')}", "")]


def _marking(data: Data) -> list[Span]:
    return [(f"{data['work']} sets {count(len(data['marks']), 'mark')}", "quiet")]


def _marked(data: Data) -> list[Span]:
    if data["ok"]:
        return [(f"{data['work']} marks stand", "quiet")]
    return [(f"{data['work']}: {data['why']}", "warn")]


def _unmarked(data: Data) -> list[Span]:
    if data["ok"]:
        return [(f"{data['work']} marks taken off", "quiet")]
    return [(f"{data['work']}: {data['why']}", "warn")]


def _intent(data: Data) -> list[Span]:
    moved = _moved(data)
    apart: list[Span] = [(". ", "")] if moved else []
    return [(f"{data['work']} about to change {_names(data['items'])}", "quiet"), *apart, *moved]


def _moved(data: Data) -> list[Span]:
    """What somebody else changed after the plan, to the same end; empty if there is nothing."""
    rows = [row for row in data["items"] if "planned" in row]
    if not rows:
        return []
    first, more = rows[0], f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    resource = decode(ResourceId, first["resource"])
    was = "".join(text for text, _ in states.difference(first["planned"], first["before"]))
    return [
        (f"{data['work']}: somebody else changed {resource}{more} since the plan", "warn"),
        (f" ({was}); the end is the same, and a roll back restores theirs", ""),
    ]


def _result(data: Data) -> list[Span]:
    found = Counter(row["receipt"]["kind"] for row in data["items"])
    text = ", ".join(f"{number} {kind}" for kind, number in sorted(found.items()))
    bad = [row for row in data["items"] if row["receipt"]["kind"] not in ("done", "accepted")]
    why = f": {bad[0]['resource']['name']}: {bad[0]['receipt']['why']}" if bad else ""
    ids = [one for row in data["items"] for one in row["receipt"]["requests"]]
    spans: list[Span] = [(f"{data['work']} answered: {text}{why}", "warn" if bad else "")]
    if ids:
        more = f" and {len(ids) - REQUESTS} more" if len(ids) > REQUESTS else ""
        spans.append((f"  request {', '.join(ids[:REQUESTS])}{more}", "quiet"))
    return spans


def _found(data: Data) -> list[Span]:
    found = Counter(row["phase"] for row in data["items"])
    text = ", ".join(f"{number} {phase}" for phase, number in sorted(found.items()))
    bad = [r for r in data["items"] if r["phase"] in ("stale", "failed", "conflict")]
    why = f": {bad[0]['resource']['name']}: {bad[0]['why']}" if bad else ""
    return [(f"{data['work']} read back: {text}{why}", "bad" if bad else "")]


def _fence(data: Data) -> list[Span]:
    return [
        (f"{data['work']} fenced {count(len(data['resources']), 'resource')}: {data['how']}", "")
    ]


def _checked(data: Data) -> list[Span]:
    style = "good" if data["holds"] else "bad"
    word = "holds" if data["holds"] else "does not hold"
    return [(f"{data['work']} ", ""), (word, style), (f": {data['detail']}", "")]


def _telling(data: Data) -> list[Span]:
    to = ", ".join(data["to"]) or "whoever the policy names"
    return [(f"{data['work']} about to tell {to}: {data['body']}", "quiet")]


def _told(data: Data) -> list[Span]:
    told = "; ".join(data["rows"]) or "nobody is named to be told"
    return [(f"{data['work']}: {told}", "quiet" if data["ok"] else "warn")]


def _watch(data: Data) -> list[Span]:
    what = "effect" if data["what"] == "effect" else "second look"
    style = "good" if data["ok"] else "bad"
    word = "seen" if data["ok"] else "missing"
    return [(f"{data['work']} {what} ", ""), (word, style), (f": {data['detail']}", "")]


def _ended(data: Data) -> list[Span]:
    why = f": {data['why']}" if data["why"] else ""
    style = outcome_style(data["outcome"])
    return [(f"{data['work']} ", "strong"), (str(data["outcome"]), style), (why, "")]


def _answer(data: Data) -> list[Span]:
    reason = f": {data['reason']}" if data["reason"] else ""
    signed = data.get("signed")
    key = f", signed by {signed['fingerprint']}" if signed else ""
    return [(f"{data['gate']} answered {data['answer']} by {data['by']}{reason}{key}", "")]


def _request(data: Data) -> list[Span]:
    text = data["text"]
    return [(f"{text['gate']}: a signature was asked for, until {text['not_after']}", "")]


def _decision(data: Data) -> list[Span]:
    reason = f": {data['reason']}" if data["reason"] else ""
    return [(f"{data['work']} {data['choice']}, decided by {data['by']}{reason}", "")]


def _undo(data: Data) -> list[Span]:
    return [(f"undo of {', '.join(data['works'])}, decided by {data['by']}: {data['why']}", "warn")]


def _parked(data: Data) -> list[Span]:
    return [("parked", "warn"), (f" ({data['why']}): {data['detail']}", "")]


def _end(data: Data) -> list[Span]:
    style = "bad" if data["outcome"] == "undo-incomplete" else "good"
    return [("ended ", "strong"), (str(data["outcome"]), style)]


def _names(items: list[Mapping[str, Json]]) -> str:
    names = []
    for row in items[:NAMED]:
        resource: Any = row["resource"]
        part = f" [{resource['part']}]" if resource.get("part") else ""
        change = "".join(t for t, _ in states.difference(row["before"], row["after"]))
        names.append(f"{resource['kind']} {resource['name']}{part}: {change}")
    more = f"; and {len(items) - NAMED} more" if len(items) > NAMED else ""
    return "; ".join(names) + more


_TELL: Final[Mapping[str, Callable[[Data], list[Span]]]] = {
    kinds.START: _start,
    kinds.CONSENT: _consent,
    kinds.LEG: _leg,
    kinds.STEP: _step,
    kinds.VERDICT: _verdict,
    kinds.SELECTED: _selected,
    kinds.MORE: _more,
    kinds.MARKING: _marking,
    kinds.MARKED: _marked,
    kinds.UNMARKED: _unmarked,
    kinds.INTENT: _intent,
    kinds.RESULT: _result,
    kinds.FOUND: _found,
    kinds.FENCE: _fence,
    kinds.CHECKED: _checked,
    kinds.TELLING: _telling,
    kinds.TOLD: _told,
    kinds.WATCH: _watch,
    kinds.ENDED: _ended,
    kinds.REQUEST: _request,
    kinds.ANSWER: _answer,
    kinds.DECISION: _decision,
    kinds.UNDO: _undo,
    kinds.PARKED: _parked,
    kinds.END: _end,
}
