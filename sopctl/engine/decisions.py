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


def _retry(state: RunState, work: Work, _: datetime) -> None:
    """Do the step again, for what did not end well; what was skipped for its sake too."""
    for item in work.items.values():
        if item.phase not in GOOD_PHASES:
            if item.phase is Phase.STALE:
                item.before, item.replan = item.now, True
            item.phase, item.first_try, item.retry_at = Phase.TODO, None, None
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


CHOICES: Mapping[str, Callable[[RunState, Work, datetime], None]] = {
    "retry": _retry,
    "skip": _skip,
    "keep": _keep,
    "restore": _restore,
    "by-hand": _by_hand,
}


def inverse(work: Work) -> Work:
    """The work of taking *work* back, within the same run."""
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
