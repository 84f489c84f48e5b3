"""Fold a journal into the state of its run: one small function per kind of record.

The fold is all that a leg remembers. Whatever is not in the journal did not happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sopctl.core.action import Mark, ReceiptKind
from sopctl.core.clock import parse_stamp
from sopctl.core.codec import decode
from sopctl.core.journal import Record
from sopctl.core.plan import Plan, PlannedChange, PlannedStep
from sopctl.core.resource import ResourceId
from sopctl.engine import records as kinds
from sopctl.engine.state import (
    BAD_OUTCOMES,
    GOOD_PHASES,
    Item,
    Outcome,
    Phase,
    RunEnd,
    RunState,
    Watched,
    Work,
)

# Record data is JSON that records.py wrote; the fold is the one place that takes it apart.
Data = Mapping[str, Any]


def fold(run: str, records: Iterable[Record]) -> RunState:
    """The state of *run* after *records*."""
    state = RunState(run=run)
    for record in records:
        apply(state, record)
    return state


def apply(state: RunState, record: Record) -> None:
    """Take one more record into *state*."""
    at = parse_stamp(record.at)
    state.seq = record.seq
    state.last = at
    if record.kind not in (kinds.PARKED, kinds.LEG):
        state.parked = None
    _APPLY[record.kind](state, record.data, at)


def _start(state: RunState, data: Data, at: datetime) -> None:
    state.plan = decode(Plan, data["plan"])
    state.header = {key: value for key, value in data.items() if key != "plan"}
    state.started = at
    state.works = [_work(step) for step in state.plan.steps]


def _work(step: PlannedStep) -> Work:
    work = Work(key=step.id, plan=step, items=_items(step.changes), marks=step.marks)
    for item in work.items.values():
        if step.back and (until := item.evidence.get("unacked_since")):
            item.unacked = {"source": parse_stamp(str(until))}
    work.selected = not step.late
    return work


def _items(changes: Iterable[PlannedChange]) -> dict[ResourceId, Item]:
    return {
        change.resource: Item(
            resource=change.resource,
            before=change.before,
            after=change.after,
            evidence=change.evidence,
        )
        for change in changes
    }


def _consent(state: RunState, data: Data, _: datetime) -> None:
    state.consent = data


def _leg(state: RunState, data: Data, _: datetime) -> None:
    state.workers = (*state.workers, str(data["worker"]))


def _step(state: RunState, data: Data, at: datetime) -> None:
    state.work(data["work"]).started = at


def _selected(state: RunState, data: Data, _: datetime) -> None:
    work = state.work(data["work"])
    changes = tuple(decode(PlannedChange, change) for change in data["changes"])
    work.items = _items(changes)
    work.selected = True
    if "params" in data:
        work.plan = replace(work.plan, params=data["params"], unplanned="")


def _marking(state: RunState, data: Data, _: datetime) -> None:
    work = state.work(data["work"])
    work.marks = tuple(decode(Mark, mark) for mark in data["marks"])


def _marked(state: RunState, data: Data, _: datetime) -> None:
    work = state.work(data["work"])
    work.marked = True
    work.detail = data["why"]


def _unmarked(state: RunState, data: Data, _: datetime) -> None:
    state.work(data["work"]).unmarked = True


def _intent(state: RunState, data: Data, at: datetime) -> None:
    work = state.work(data["work"])
    for row in data["items"]:
        item = work.items[decode(ResourceId, row["resource"])]
        item.before, item.after, item.evidence = row["before"], row["after"], row["evidence"]
        item.phase, item.replan = Phase.SENT, False
        item.attempts += 1
        item.first_try = item.first_try or at
        item.unacked[row["op"]] = at


_AFTER_RECEIPT = {
    ReceiptKind.DONE: Phase.APPLIED,
    ReceiptKind.ACCEPTED: Phase.ACCEPTED,
    ReceiptKind.UNKNOWN: Phase.UNKNOWN,
    ReceiptKind.NOT_YET: Phase.TODO,
    ReceiptKind.CONFLICT: Phase.TODO,
    ReceiptKind.REJECTED: Phase.FAILED,
}


def _result(state: RunState, data: Data, at: datetime) -> None:
    work = state.work(data["work"])
    for row in data["items"]:
        item = work.items[decode(ResourceId, row["resource"])]
        kind = ReceiptKind(row["receipt"]["kind"])
        item.phase = _AFTER_RECEIPT[kind]
        item.why = row["receipt"]["why"]
        item.changed_at = at
        if kind is not ReceiptKind.UNKNOWN:
            item.unacked.pop(row["op"], None)
        if kind in (ReceiptKind.DONE, ReceiptKind.ACCEPTED, ReceiptKind.UNKNOWN):
            item.ours = True
        if kind is ReceiptKind.NOT_YET:
            item.retry_at = _later(at, row["receipt"]["after"])
        elif kind is ReceiptKind.CONFLICT:
            item.retry_at = _later(at, min(0.1 * item.attempts, 5.0))


def _later(at: datetime, seconds: float) -> datetime:
    return datetime.fromtimestamp(at.timestamp() + seconds, tz=at.tzinfo)


def _found(state: RunState, data: Data, at: datetime) -> None:
    work = state.work(data["work"])
    for row in data["items"]:
        item = work.items[decode(ResourceId, row["resource"])]
        item.phase = Phase(row["phase"])
        item.now, item.why = row["state"], row["why"] or item.why
        if item.phase is Phase.SETTLED:
            item.settled, item.ours = row["state"], True
            item.changed_at = item.changed_at or at
        elif item.phase is Phase.UNCHANGED:
            item.settled = row["state"]


def _fence(state: RunState, data: Data, _: datetime) -> None:
    work = state.work(data["work"])
    for resource in data["resources"]:
        item = work.items[decode(ResourceId, resource)]
        item.fenced = True
        item.unacked = {}


def _checked(state: RunState, data: Data, _: datetime) -> None:
    work = state.work(data["work"])
    work.detail, work.rows = data["detail"], tuple(data["rows"])


def _watch(state: RunState, data: Data, _: datetime) -> None:
    watched = state.work(data["work"]).watches[data["what"]]
    watched.ok, watched.detail = data["ok"], data["detail"]


def _ended(state: RunState, data: Data, at: datetime) -> None:
    work = state.work(data["work"])
    work.ended, work.outcome, work.why = at, Outcome(data["outcome"]), data["why"]
    if any(item.phase is Phase.SETTLED for item in work.items.values()):
        since = max((i.changed_at for i in work.items.values() if i.changed_at), default=at)
        work.watches["second"] = Watched(what="second", since=since)
        if work.plan.effect:
            work.watches["effect"] = Watched(what="effect", since=since)


def _answer(state: RunState, data: Data, _: datetime) -> None:
    state.answers[data["gate"]] = data
    for work in state.works:
        if data["gate"] == f"bound:{work.key}" and data["answer"] == "yes":
            work.bound_ok = True


def _decision(state: RunState, data: Data, at: datetime) -> None:
    work = state.work(data["work"])
    _CHOICES[data["choice"]](state, work, at)
    if data["bound"]:
        work.plan = replace(work.plan, late=True, bound=data["bound"])


def _retry(state: RunState, work: Work, _: datetime) -> None:
    """Do the step again, for what did not end well; what was skipped for its sake too."""
    for item in work.items.values():
        if item.phase not in GOOD_PHASES:
            item.phase, item.first_try, item.retry_at = Phase.TODO, None, None
            item.replan = not work.back
    for watched in work.watches.values():
        watched.ok = None if watched.ok is False else watched.ok
    if work.outcome in BAD_OUTCOMES or work.outcome is Outcome.PENDING_RETRY:
        work.ended, work.outcome, work.why = None, None, ""
        work.selected = work.selected and not work.plan.unplanned
        state.answers.pop(f"approve:{work.key}", None)
        for other in state.works:
            if other.outcome is Outcome.SKIPPED and work.key in other.plan.needs:
                other.ended, other.outcome, other.why = None, None, ""


def _skip(_: RunState, work: Work, __: datetime) -> None:
    work.accepted = True


def _keep(_: RunState, work: Work, __: datetime) -> None:
    """Accept what somebody else made of it; it is no longer ours."""
    for item in work.items.values():
        if item.phase in (Phase.CONFLICT, Phase.STALE, Phase.FAILED):
            item.phase = Phase.KEPT
    work.accepted = True


def _restore(_: RunState, work: Work, __: datetime) -> None:
    """Write the before-image over what somebody else made of it: a person said so."""
    for item in work.items.values():
        if item.phase is Phase.CONFLICT:
            item.before, item.phase = item.now, Phase.TODO
    work.ended, work.outcome, work.why = None, None, ""


def _by_hand(_: RunState, work: Work, at: datetime) -> None:
    """A person says it is done: look, and believe only what is seen."""
    for item in work.items.values():
        if item.phase not in GOOD_PHASES:
            item.phase, item.changed_at, item.ours = Phase.APPLIED, at, True
    work.ended, work.outcome, work.why = None, None, ""


_CHOICES: Mapping[str, Callable[[RunState, Work, datetime], None]] = {
    "retry": _retry,
    "skip": _skip,
    "keep": _keep,
    "restore": _restore,
    "by-hand": _by_hand,
}


def _undo(state: RunState, data: Data, _: datetime) -> None:
    """Turn round: what is not done stays undone, what was touched is taken back, newest first."""
    chosen = set(data["works"])
    state.undoing = state.undoing or chosen == {w.key for w in state.works if not w.back}
    new = []
    for work in reversed([w for w in state.works if not w.back and not w.superseded]):
        if work.key not in chosen:
            continue
        work.superseded = True
        if work.touched or (work.marks and not work.unmarked):
            new.append(_inverse(work))
    state.works += new


def _inverse(work: Work) -> Work:
    plan = replace(work.plan, id=f"undo:{work.key}", back=True, source_step=work.key, changes=())
    plan = replace(plan, approve=None, barrier=False, needs=(), late=False, when="")
    items = {}
    for item in work.touched:
        ours = item.settled if item.phase is Phase.SETTLED else item.after
        items[item.resource] = Item(
            resource=item.resource,
            before=ours,
            after=item.before,
            evidence=item.evidence,
            unacked=dict(item.unacked),
        )
    return Work(key=plan.id, plan=plan, items=items, marks=work.marks)


def _parked(state: RunState, data: Data, _: datetime) -> None:
    state.parked = data


def _end(state: RunState, data: Data, _: datetime) -> None:
    state.end = RunEnd(data["outcome"])


_APPLY: Mapping[str, Callable[[RunState, Data, datetime], None]] = {
    kinds.START: _start,
    kinds.CONSENT: _consent,
    kinds.LEG: _leg,
    kinds.STEP: _step,
    kinds.SELECTED: _selected,
    kinds.MARKING: _marking,
    kinds.MARKED: _marked,
    kinds.UNMARKED: _unmarked,
    kinds.INTENT: _intent,
    kinds.RESULT: _result,
    kinds.FOUND: _found,
    kinds.FENCE: _fence,
    kinds.CHECKED: _checked,
    kinds.WATCH: _watch,
    kinds.ENDED: _ended,
    kinds.ANSWER: _answer,
    kinds.DECISION: _decision,
    kinds.UNDO: _undo,
    kinds.PARKED: _parked,
    kinds.END: _end,
}
