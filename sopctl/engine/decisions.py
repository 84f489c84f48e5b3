"""What a decision does to the state of a run: the rest of ``fold``, for what people say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from sopctl.engine.state import (
    BAD_OUTCOMES,
    GOOD_PHASES,
    Item,
    Outcome,
    Phase,
    RunState,
    Work,
)


def answered(state: RunState, gate: str, answer: str, at: datetime) -> None:
    """What an answer means for the step that its gate is about."""
    for work in state.works:
        if gate == f"bound:{work.key}" and answer == "yes":
            work.bound_ok = True
        if gate == f"when:{work.key}" and answer == "no":
            work.plan = work.as_when_says()
        if gate == f"manual:{work.key}":
            for item in work.items.values():
                if item.phase is Phase.ACCEPTED:
                    item.changed_at = at  # from now on it has to show


def _retry(state: RunState, work: Work, _: datetime) -> None:
    """Do the step again, for what did not end well; what was skipped for its sake too."""
    for item in work.items.values():
        if item.phase not in GOOD_PHASES:
            if item.phase is Phase.STALE:
                item.before, item.replan = item.now, True
            elif item.phase is Phase.FAILED and not (item.ours or item.unacked or work.back):
                item.replan = True  # nothing of it was done; what it stood on may have moved
            item.phase, item.first_try, item.retry_at = Phase.TODO, None, None
    for watched in work.watches.values():
        watched.ok = None if watched.ok is False else watched.ok
    if work.outcome in BAD_OUTCOMES or work.outcome is Outcome.PENDING_RETRY:
        work.ended, work.outcome, work.why = None, None, ""
        work.accepted, work.telling = False, False
        work.selected = work.selected and not work.plan.unplanned
        for gate in ("", "approve:", "bound:", "manual:"):
            state.answers.pop(gate + work.key, None)
        _unskip(state, work.key)


def _unskip(state: RunState, key: str) -> None:
    """Begin anew, `when` included, what was skipped for the sake of *key*, directly or not."""
    for other in state.works:
        if other.outcome is Outcome.SKIPPED and key in other.plan.needs:
            other.started, other.ended, other.outcome, other.why = None, None, None, ""
            other.runs = None
            _unskip(state, other.key)


def _skip(_: RunState, work: Work, __: datetime) -> None:
    work.accepted = True
    _accept_effects(work)


def _accept_effects(work: Work) -> None:
    """What is known to be missing is accepted; what is still watched is asked about in its turn."""
    for watched in work.watches.values():
        watched.accepted = watched.accepted or watched.ok is False


def _keep(_: RunState, work: Work, __: datetime) -> None:
    """Accept what somebody else made of it; it is no longer ours."""
    theirs = (Phase.CONFLICT,) if work.back else (Phase.STALE, Phase.FAILED)
    for item in work.items.values():
        if item.phase in theirs:  # what we failed to restore is still ours
            item.phase = Phase.KEPT
    work.accepted = True
    _accept_effects(work)
    if work.back:  # closes again, and takes the marks off
        work.ended, work.outcome, work.why = None, None, ""


def _restore(_: RunState, work: Work, __: datetime) -> None:
    """Write the before-image over what somebody else made of it: a person said so."""
    for item in work.items.values():
        if item.phase is Phase.CONFLICT:
            item.before, item.phase = item.now, Phase.TODO
    work.ended, work.outcome, work.why, work.accepted = None, None, "", False


def _by_hand(_: RunState, work: Work, at: datetime) -> None:
    """A person says it is done: look, and believe only what is seen."""
    for item in work.items.values():
        if item.phase not in GOOD_PHASES:
            if item.phase is Phase.STALE:
                item.before = item.now
            item.phase, item.changed_at, item.ours = Phase.APPLIED, at, True
    work.ended, work.outcome, work.why, work.accepted = None, None, "", False


def _leave_out(_: RunState, work: Work, __: datetime) -> None:
    """It was never begun, and never will be: the run ends without it."""
    if not work.touched:
        work.superseded = True


CHOICES: Mapping[str, Callable[[RunState, Work, datetime], None]] = {
    "retry": _retry,
    "skip": _skip,
    "keep": _keep,
    "restore": _restore,
    "by-hand": _by_hand,
    "leave-out": _leave_out,
}


def inverse(work: Work) -> Work:
    """The work of taking *work* back, within the same run."""
    plan = replace(work.plan, id=f"undo:{work.key}", back=True, source_step=work.key, changes=())
    plan = replace(plan, approve=None, barrier=False, needs=(), late=False)
    plan = replace(plan, when="", late_when=False, skipped="", unplanned="")
    items = {}
    for item in work.touched:
        ours = item.settled if item.phase is Phase.SETTLED else item.after
        items[item.resource] = Item(
            resource=item.resource,
            before=ours,
            after=item.before,
            evidence=item.evidence,
            unacked=dict(item.unacked),
            landed=None if item.phase is Phase.SETTLED else item.changed_at,
        )
    return Work(key=plan.id, plan=plan, items=items, marks=work.marks)
