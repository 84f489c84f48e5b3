"""Fold a journal into the state of its run: one small function per kind of record.

The fold is all that a leg remembers. Whatever is not in the journal did not happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sopctl.core.action import Mark, ReceiptKind, Undo
from sopctl.core.clock import parse_stamp
from sopctl.core.codec import decode
from sopctl.core.journal import Record
from sopctl.core.plan import Joined, PlannedChange, PlannedStep
from sopctl.core.resource import ResourceId
from sopctl.core.shape import written_by_us
from sopctl.engine import records as kinds
from sopctl.engine.decisions import CHOICES, answered, inverse
from sopctl.engine.started import plan_in
from sopctl.engine.state import Item, Outcome, Phase, RunEnd, RunState, Watched, Work

# Record data is JSON that records.py wrote; the fold is the one place that takes it apart.
Data = Mapping[str, Any]


def fold(run: str, records: Iterable[Record]) -> RunState:
    """The state of *run* after *records*."""
    state = RunState(run=run)
    for record in records:
        apply(state, record)
    return state


def apply(state: RunState, record: Record) -> None:
    """Take one more record into *state*; raises AuditBrokenError if sopctl never wrote it."""
    with written_by_us(f"record {record.seq} of run {record.run} ({record.kind})"):
        at = parse_stamp(record.at)
        state.seq = record.seq
        state.last = at
        if record.kind not in (kinds.PARKED, kinds.LEG, kinds.REQUEST):
            state.parked = None
        if record.kind == kinds.START:
            state.plan = plan_in(record)
        _APPLY[record.kind](state, record.data, at)


def _start(state: RunState, data: Data, at: datetime) -> None:
    assert state.plan is not None
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
    """A new leg: patience counts while somebody works, not while nobody does."""
    state.workers = (*state.workers, str(data["worker"]))
    for work in state.works:
        for item in work.items.values():
            if item.first_try is not None and item.open:
                item.first_try = None


def _step(state: RunState, data: Data, at: datetime) -> None:
    state.work(data["work"]).started = at


def _verdict(state: RunState, data: Data, _: datetime) -> None:
    state.work(data["work"]).runs = data["runs"]


def _selected(state: RunState, data: Data, _: datetime) -> None:
    work = state.work(data["work"])
    changes = tuple(decode(PlannedChange, change) for change in data["changes"])
    work.items = _items(changes)
    work.selected = True
    work.plan = replace(work.plan, params=data["params"], unplanned="")
    joins = tuple(decode(Joined, joined) for joined in data["joined"])
    work.plan = replace(work.plan, joined=joins, population=data["population"])


def _more(state: RunState, data: Data, _: datetime) -> None:
    """A kept step goes on with what appeared since; the run is open until that is done."""
    work = state.work(data["work"])
    for change in (decode(PlannedChange, change) for change in data["changes"]):
        if item := work.items.get(change.resource):  # the run holds it, and it has to be renewed
            item.phase, item.after, item.renewing = Phase.TODO, change.after, True
        else:
            work.items |= _items((change,))
    work.ended, work.outcome, work.why, work.marked = None, None, "", False
    state.end = None


def _marking(state: RunState, data: Data, _: datetime) -> None:
    work = state.work(data["work"])
    marks = (decode(Mark, mark) for mark in data["marks"])
    work.marks = tuple(dict.fromkeys((*work.marks, *marks)))


def _marked(state: RunState, data: Data, _: datetime) -> None:
    work = state.work(data["work"])
    work.marked = True
    work.detail = data["why"]


def _unmarked(state: RunState, data: Data, _: datetime) -> None:
    work = state.work(data["work"])
    if work.back:
        work.unmarked = True
    else:  # should it be tried again, it is marked again
        work.marks, work.marked = (), False


def _intent(state: RunState, data: Data, at: datetime) -> None:
    work = state.work(data["work"])
    for row in data["items"]:
        item = work.items[decode(ResourceId, row["resource"])]
        if not item.renewing:  # what was there before us stays the before-image
            item.before, item.after, item.evidence = row["before"], row["after"], row["evidence"]
        item.phase, item.replan = Phase.SENT, False
        if "planned" in row and not item.moved:
            item.moved, item.planned = True, row["planned"]
        item.attempts += 1
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
        if kind in (ReceiptKind.NOT_YET, ReceiptKind.CONFLICT, ReceiptKind.UNKNOWN):
            item.first_try = item.first_try or at
            pause = max(row["receipt"]["after"], min(0.1 * item.attempts, 5.0))
            item.retry_at = at + timedelta(seconds=pause)


def _found(state: RunState, data: Data, at: datetime) -> None:
    work = state.work(data["work"])
    for row in data["items"]:
        item = work.items[decode(ResourceId, row["resource"])]
        item.phase = Phase(row["phase"])
        item.now, item.why = row["state"], row["why"] or item.why
        if item.phase is Phase.SETTLED:
            item.settled, item.ours, item.renewing = row["state"], True, False
            item.changed_at = item.changed_at or at
        elif item.phase is Phase.UNCHANGED:
            item.settled = row["state"]


def _fence(state: RunState, data: Data, at: datetime) -> None:
    work = state.work(data["work"])
    for resource in data["resources"]:
        item = work.items[decode(ResourceId, resource)]
        item.fenced, item.landed = True, at
        item.unacked = {}


def _checked(state: RunState, data: Data, _: datetime) -> None:
    work = state.work(data["work"])
    work.detail, work.rows = data["detail"], tuple(data["rows"])


def _telling(state: RunState, data: Data, _: datetime) -> None:
    state.work(data["work"]).telling = True


def _watch(state: RunState, data: Data, at: datetime) -> None:
    watched = state.work(data["work"]).watches[data["what"]]
    watched.ok, watched.seen, watched.detail = data["ok"], at, data["detail"]


def _ended(state: RunState, data: Data, at: datetime) -> None:
    work = state.work(data["work"])
    work.ended, work.outcome, work.why = at, Outcome(data["outcome"]), data["why"]
    if any(item.phase is Phase.SETTLED for item in work.items.values()):
        since = max((i.changed_at for i in work.items.values() if i.changed_at), default=at)
        for what in ("second", "effect") if work.plan.effect else ("second",):
            known = work.watches.get(what)
            if known is None or known.since != since:
                work.watches[what] = Watched(what=what, since=since)


def _request(state: RunState, data: Data, _: datetime) -> None:
    state.requests[data["text"]["nonce"]] = data["text"]


def _answer(state: RunState, data: Data, at: datetime) -> None:
    state.answers[data["gate"]] = data
    if signed := data.get("signed"):
        state.used.add(signed["nonce"])
    answered(state, data["gate"], data["answer"], at)


def _decision(state: RunState, data: Data, at: datetime) -> None:
    work = state.work(data["work"])
    CHOICES[data["choice"]](state, work, at)
    if data["bound"] or (work.plan.unplanned and data["choice"] == "retry"):
        work.plan = replace(work.plan, late=True, bound=data["bound"])


def _undo(state: RunState, data: Data, _: datetime) -> None:
    """Turn round: what is not done stays undone, what was touched is taken back, newest first."""
    chosen = set(data["works"])
    new = []
    for work in reversed([w for w in state.works if not w.back and not w.superseded]):
        if work.key not in chosen:
            continue
        work.superseded = True
        if work.plan.undo is not Undo.EXACT:
            continue  # there is nothing to write back: views list what stays
        if work.touched or (work.marks and not work.unmarked):
            new.append(inverse(work))
    state.undoing = all(work.superseded for work in state.works if not work.back)
    state.works += new


def _parked(state: RunState, data: Data, _: datetime) -> None:
    state.parked = data


def _end(state: RunState, data: Data, _: datetime) -> None:
    state.end = RunEnd(data["outcome"])


_APPLY: Mapping[str, Callable[[RunState, Data, datetime], None]] = {
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
    kinds.TOLD: _checked,
    kinds.WATCH: _watch,
    kinds.ENDED: _ended,
    kinds.REQUEST: _request,
    kinds.ANSWER: _answer,
    kinds.DECISION: _decision,
    kinds.UNDO: _undo,
    kinds.PARKED: _parked,
    kinds.END: _end,
}
