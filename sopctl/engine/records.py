"""The kinds of records a run's journal is made of: one constructor each, so shapes have one home.

``fold`` is their only reader in the engine; exports and views read the same shapes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sopctl.core.action import AnyChange, Mark, Receipt
from sopctl.core.clock import stamp
from sopctl.core.codec import Json, encode
from sopctl.core.journal import Entry
from sopctl.core.notice import Notice, Told
from sopctl.core.plan import Joined, Plan, PlannedChange
from sopctl.core.resource import ABSENT, ResourceId, Selection
from sopctl.engine.state import Outcome, RunEnd

START, CONSENT, LEG, STEP = "start", "consent", "leg", "step"
MORE = "more"
SELECTED, MARKING, MARKED, UNMARKED = "selected", "marking", "marked", "unmarked"
INTENT, RESULT, FOUND, FENCE = "intent", "result", "found", "fence"
CHECKED, WATCH, ENDED = "checked", "watch", "ended"
VERDICT = "verdict"
TELLING, TOLD = "telling", "told"
REQUEST = "request"
ANSWER, DECISION, UNDO, PARKED, END = "answer", "decision", "undo", "parked", "end"


FORGOTTEN = "forgotten"
"""Why a run is parked before it is ended as lost."""
AS_IT_STANDS = "ended"
"""Why a run is parked before it is ended to be rolled back, whatever was on its way."""


def image(state: object) -> Json:
    """A state as the journal writes it: ABSENT is null, every other state a mapping."""
    return None if state is ABSENT else encode(state)


def start(plan: Plan, header: Mapping[str, Json]) -> Entry:
    """The whole plan, who runs it, why, and with what."""
    return Entry(kind=START, data={"plan": encode(plan), "plan_hash": plan.hash, **header})


def consent(by: str, how: str, plan_hash: str) -> Entry:
    return Entry(kind=CONSENT, data={"by": by, "how": how, "plan_hash": plan_hash})


def leg(worker: str, how: str) -> Entry:
    return Entry(kind=LEG, data={"worker": worker, "how": how})


def step(work: str) -> Entry:
    return Entry(kind=STEP, data={"work": work})


def verdict(work: str, *, runs: bool, why: str = "") -> Entry:
    """What a planned `when` says as its step starts; *why* if it could not be asked again."""
    return Entry(kind=VERDICT, data={"work": work, "runs": runs, "why": why})


def selected(
    work: str,
    selection: Selection,
    changes: Sequence[PlannedChange],
    joined: Sequence[Joined],
    params: Json,
) -> Entry:
    """A late selection, with before-images, right before it is written."""
    data: dict[str, Json] = {"work": work, "changes": encode(changes), "params": params}
    data |= {"joined": encode(joined), "population": selection.population}
    return Entry(kind=SELECTED, data={**data, "notes": list(selection.notes)})


def more(work: str, changes: Sequence[PlannedChange]) -> Entry:
    """Resources that appeared after a kept step was done: the run is open again for them."""
    return Entry(kind=MORE, data={"work": work, "changes": encode(changes)})


def marking(work: str, marks: Sequence[Mark]) -> Entry:
    return Entry(kind=MARKING, data={"work": work, "marks": encode(marks)})


def marked(work: str, why: str) -> Entry:
    """The marks stand, or (*why* not empty) could not be set."""
    return Entry(kind=MARKED, data={"work": work, "ok": not why, "why": why})


def unmarked(work: str, why: str, tries: int = 1) -> Entry:
    return Entry(kind=UNMARKED, data={"work": work, "ok": not why, "why": why, "tries": tries})


def intent(
    work: str,
    writes: Iterable[tuple[AnyChange, str]],
    moved: Mapping[ResourceId, Json] | None = None,
) -> Entry:
    """What is about to be sent, each with its op id; durable before it is sent.

    *moved* has what the plan saw of resources that somebody else has changed since, to the same
    end: their value is the before-image from now on.
    """
    planned = moved or {}
    rows: list[Json] = [
        {
            "resource": encode(change.resource),
            "before": image(change.before.state),
            "after": image(change.after),
            "evidence": encode(change.before.evidence),
            "op": op,
            **({"planned": planned[change.resource]} if change.resource in planned else {}),
        }
        for change, op in writes
    ]
    return Entry(kind=INTENT, data={"work": work, "items": rows})


def result(work: str, receipts: Iterable[tuple[ResourceId, str, Receipt]]) -> Entry:
    rows: list[Json] = [
        {"resource": encode(resource), "op": op, "receipt": encode(receipt)}
        for resource, op, receipt in receipts
    ]
    return Entry(kind=RESULT, data={"work": work, "items": rows})


def found(work: str, rows: Iterable[tuple[ResourceId, str, Json, str]]) -> Entry:
    """What a look concluded: (resource, phase, state seen, why)."""
    items: list[Json] = [
        {"resource": encode(resource), "phase": str(phase), "state": state, "why": why}
        for resource, phase, state, why in rows
    ]
    return Entry(kind=FOUND, data={"work": work, "items": items})


def fence(work: str, resources: Iterable[ResourceId], how: str, tries: int = 1) -> Entry:
    """No earlier call to these can land any more; *tries* to touch them were made."""
    shut = encode(list(resources))
    return Entry(kind=FENCE, data={"work": work, "resources": shut, "how": how, "tries": tries})


def checked(work: str, *, holds: bool, detail: str, rows: Sequence[str] = ()) -> Entry:
    return Entry(
        kind=CHECKED, data={"work": work, "holds": holds, "detail": detail, "rows": list(rows)}
    )


def telling(work: str, notice: Notice, body: str) -> Entry:
    """What people are about to be told; durable before it is sent, and sent once."""
    data: dict[str, Json] = {"work": work, "to": list(notice.to), "title": notice.title}
    return Entry(kind=TELLING, data={**data, "body": body})


def told(work: str, people: Sequence[Told]) -> Entry:
    """Who was told: one row each, and the worst of it in *detail*."""
    rows = [str(each) for each in people]
    worst = next((str(each) for each in people if not each.ok), "")
    return Entry(kind=TOLD, data={"work": work, "ok": not worst, "detail": worst, "rows": rows})


def watch(work: str, what: str, *, ok: bool, detail: str) -> Entry:
    return Entry(kind=WATCH, data={"work": work, "what": what, "ok": ok, "detail": detail})


def ended(work: str, outcome: Outcome, why: str = "") -> Entry:
    return Entry(kind=ENDED, data={"work": work, "outcome": str(outcome), "why": why})


def request(text: Mapping[str, Json]) -> Entry:
    """The text that a colleague was asked to sign, its nonce included; the run waits on."""
    return Entry(kind=REQUEST, data={"text": text})


def answer(
    gate: str, value: str, by: str, reason: str, signed: Mapping[str, Json] | None = None
) -> Entry:
    """What a person answered; *signed* has the text, the signature, and whose key it was."""
    data: dict[str, Json] = {"gate": gate, "answer": value, "by": by, "reason": reason}
    return Entry(kind=ANSWER, data={**data, **({"signed": signed} if signed else {})})


def decision(work: str, choice: str, by: str, reason: str = "", bound: int = 0) -> Entry:
    """What a person decided about a step that did not end well.

    *choice* is retry, skip, keep, restore, by-hand or leave-out; *bound* (objects) is what was
    agreed to for a step that could not be planned before.
    """
    data: dict[str, Json] = {"work": work, "choice": choice, "by": by, "reason": reason}
    return Entry(kind=DECISION, data={**data, "bound": bound})


def undo(works: Sequence[str], by: str, why: str) -> Entry:
    return Entry(kind=UNDO, data={"works": list(works), "by": by, "why": why})


def parked(why: str, detail: str, work: str = "", until: datetime | None = None) -> Entry:
    until_text = stamp(until) if until else ""
    return Entry(
        kind=PARKED, data={"why": why, "detail": detail, "work": work, "until": until_text}
    )


def end(outcome: RunEnd) -> Entry:
    return Entry(kind=END, data={"outcome": str(outcome)})
