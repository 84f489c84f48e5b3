"""What a person answers when a run is parked, as records; nothing when nobody can be asked."""

from __future__ import annotations

from typing import Final

from sopctl.app import actor
from sopctl.app.desk import Desk
from sopctl.cli.context import Context
from sopctl.cli.options import Asked
from sopctl.cli.terminal import GaveUpError
from sopctl.core.journal import Entry
from sopctl.core.runbook import ApproveBy
from sopctl.engine import records
from sopctl.engine.guardrails import objects
from sopctl.engine.leg import Parked
from sopctl.engine.state import Outcome, RunState, Work
from sopctl.views import failure
from sopctl.views import plan as plan_view
from sopctl.views.lines import line

_GATES: Final = ("approve:", "bound:", "when:", "manual:")


def work_of(state: RunState, parked: Parked) -> Work | None:
    """The step at which the run is parked; a gate names it after its colon."""
    key = parked.work
    for prefix in _GATES:
        key = key.removeprefix(prefix)
    return next((work for work in state.works if work.key == key), None)


def entries(
    context: Context, desk: Desk, state: RunState, parked: Parked, asked: Asked
) -> list[Entry]:
    """The records of what was decided; empty, also when a person gave up: it stays parked."""
    try:
        return _decided_now(context, desk, state, parked, asked)
    except GaveUpError:
        return []


def _decided_now(
    context: Context, desk: Desk, state: RunState, parked: Parked, asked: Asked
) -> list[Entry]:
    work = work_of(state, parked)
    if work is not None and work.outcome is Outcome.CONFLICT and asked.on_conflict != "ask":
        why = f"--on-conflict {asked.on_conflict}"
        return [records.decision(work.key, asked.on_conflict, actor.user(), why)]
    if not context.terminal.interactive:
        return []
    if parked.why == "gate":
        return _gate(context, state, parked, asked)
    context.err.show(failure.lines(state, parked.why, parked.detail, work))
    options = failure.choices(state, parked.why, work)
    choice = context.terminal.choose("What now?", [(c.key, c.text) for c in options])
    if choice == "pause" or work is None:
        return []
    if choice == "ask-again":  # asked by the next leg, which records the answer and the reason
        return [records.decision(work.key, "retry", actor.user(), "to be answered again")]
    reason = _why(context, asked)
    return decided(context, desk, state, work, choice, reason)


def decided(  # one more than the budget: a decision is about these six things
    context: Context, desk: Desk, state: RunState, work: Work, choice: str, reason: str
) -> list[Entry]:
    """The records of *choice* about *work*."""
    by = actor.user()
    if choice == "undo-step":
        return [records.undo([work.key], by, reason)]
    if choice == "undo-all":
        return [records.undo([w.key for w in state.works if not w.back], by, reason)]
    if choice == "end":
        return end_here(state, by, reason)
    bound = 0
    if choice == "retry" and work.outcome is Outcome.PENDING_RETRY:
        step = desk.plan_step(state, work.key)
        context.err.show(plan_view.step(1, step, full=False))
        if step.unplanned or not context.terminal.confirm(f"Apply {step.id} like this?"):
            return []
        bound = max(1, objects(change.resource for change in step.changes))
    return [records.decision(work.key, choice, by, reason, bound if work.plan.unplanned else 0)]


def end_here(state: RunState, by: str, reason: str) -> list[Entry]:
    """Keep what is in place, and carry out nothing more: what was declined, and what follows."""
    open_ones = [w for w in state.works if not w.superseded and not w.accepted]
    left = [w for w in open_ones if w.ended is None and not w.touched]
    ended = (Outcome.DECLINED, Outcome.PENDING_RETRY)
    why = f"the run ends here{reason and ': '}{reason}"
    without = [records.decision(w.key, "leave-out", by, why) for w in left]
    over = [records.decision(w.key, "skip", by, why) for w in open_ones if w.outcome in ended]
    return [*without, *over]


def _why(context: Context, asked: Asked) -> str:
    """Why, for the journal; Enter is the reason that the command line gave."""
    given = f"; Enter: {asked.reason}" if asked.reason else ""
    return context.terminal.ask(f"Why? (for the journal{given})") or asked.reason


def _gate(context: Context, state: RunState, parked: Parked, asked: Asked) -> list[Entry]:
    context.err.show([line(("Gate: ", "strong"), parked.detail)])
    work = work_of(state, parked)
    approve = work.plan.approve if work and parked.work.startswith("approve:") else None
    by = actor.user()
    if approve and approve.by is ApproveBy.OTHER and by == state.header.get("user"):
        text = f"somebody other than {by} has to approve: `sopctl approve {state.run}`"
        context.err.show([line((text, "warn"))])
        return []
    options = [("pause", failure.PAUSE.text), ("no", "no"), ("yes", "yes")]
    answer = context.terminal.choose("Your answer?", options)
    if answer == "pause":
        return []
    reason = _why(context, asked)
    if approve and approve.reason and not reason:
        context.err.show([line(("A reason is required.", "warn"))])
        return []
    return [records.answer(parked.work, answer, by, reason)]
