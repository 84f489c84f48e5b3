"""What a person answers when a run is parked, as records; nothing when nobody can be asked."""

from __future__ import annotations

from typing import Final

from sopctl.app import actor
from sopctl.app.desk import Desk
from sopctl.cli.context import Context
from sopctl.cli.options import Asked
from sopctl.core.journal import Entry
from sopctl.core.runbook import ApproveBy
from sopctl.engine import records
from sopctl.engine.guardrails import objects
from sopctl.engine.leg import Parked
from sopctl.engine.state import Outcome, RunState, Work
from sopctl.views import failure
from sopctl.views import plan as plan_view
from sopctl.views.lines import line

_GATES: Final = ("approve:", "bound:")


def work_of(state: RunState, parked: Parked) -> Work | None:
    """The step at which the run is parked; a gate names it after its colon."""
    key = parked.work
    for prefix in _GATES:
        key = key.removeprefix(prefix)
    return next((work for work in state.works if work.key == key), None)


def entries(
    context: Context, desk: Desk, state: RunState, parked: Parked, asked: Asked
) -> list[Entry]:
    """The records of what was decided; empty: the run stays parked."""
    work = work_of(state, parked)
    if work is not None and work.outcome is Outcome.CONFLICT and asked.on_conflict != "ask":
        why = f"--on-conflict {asked.on_conflict}"
        return [records.decision(work.key, asked.on_conflict, actor.user(), why)]
    if not context.terminal.interactive:
        return []
    if parked.why == "gate":
        return _gate(context, state, parked, work)
    context.err.show(failure.lines(state, parked.why, parked.detail, work))
    options = failure.choices(parked.why, work)
    choice = context.terminal.choose("What now?", [(c.key, c.text) for c in options])
    if choice in ("", "pause") or work is None:
        return []
    reason = context.terminal.ask("Why? (for the journal)") or asked.reason
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
    bound = 0
    if choice == "retry" and work.outcome is Outcome.PENDING_RETRY:
        step = desk.plan_step(state, work.key)
        context.err.show(plan_view.step(1, step, full=False))
        if step.unplanned or not context.terminal.confirm(f"Apply {step.id} like this?"):
            return []
        bound = max(1, objects(change.resource for change in step.changes))
    return [records.decision(work.key, choice, by, reason, bound if work.plan.unplanned else 0)]


def _gate(context: Context, state: RunState, parked: Parked, work: Work | None) -> list[Entry]:
    context.err.show([line(("Gate: ", "strong"), parked.detail)])
    approve = work.plan.approve if work and parked.work.startswith("approve:") else None
    by = actor.user()
    if approve and approve.by is ApproveBy.OTHER and by == state.header.get("user"):
        text = f"somebody other than {by} has to approve: `sopctl approve {state.run}`"
        context.err.show([line((text, "warn"))])
        return []
    options = [("yes", "yes"), ("no", "no"), ("pause", failure.PAUSE.text)]
    answer = context.terminal.choose("Your answer?", options)
    if answer in ("", "pause"):
        return []
    reason = context.terminal.ask("Why? (for the journal)")
    if approve and approve.reason and not reason:
        context.err.show([line(("A reason is required.", "warn"))])
        return []
    return [records.answer(parked.work, answer, by, reason)]
