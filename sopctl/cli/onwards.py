"""Going on with an open run, after what a person decided, if anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sopctl.app import actor, standing
from sopctl.app.desk import Desk
from sopctl.cli import backwards, consents, work
from sopctl.cli.context import Context
from sopctl.cli.drive import Ride, drive
from sopctl.cli.options import Asked
from sopctl.core.errors import UsageError
from sopctl.core.journal import Entry
from sopctl.core.runbook import StepKind
from sopctl.engine import records
from sopctl.engine.guardrails import objects
from sopctl.engine.state import BAD_OUTCOMES, Outcome, RunState, Work
from sopctl.views import failure, states
from sopctl.views import plan as plan_view
from sopctl.views.lines import line

Decide = Callable[[Desk, RunState], Sequence[Entry]]


def open_one(context: Context, found: Sequence[RunState]) -> RunState:
    """The run that has not ended; UsageError if there is none, or several."""
    runs = [state for state in found if state.end is None]
    if not runs:
        raise UsageError("no run is open", hint="See `sopctl status`.")
    if len(runs) > 1:
        listed = "; ".join(standing.described(s, context.app.now_of(s)) for s in runs)
        raise UsageError("more than one run is open", hint=f"Name one: {listed}.")
    return runs[0]


def go_on(context: Context, asked: Asked, state: RunState, decide: Decide | None = None) -> int:
    """Record what *decide* says (default: retry what waits for it), and drive the run."""
    if state.end is not None:
        raise UsageError(
            f"run {state.run} has ended: {state.end}",
            hint=f"Take it back with `sopctl rollback {state.run}`.",
        )
    view = work.view(context, asked, state.run, context.app.store.read(state.run))
    target = context.app.target(backwards.target_name(state))
    with context.app.desk(target, view, run=state.run) as desk:
        assert state.plan is not None
        desk.recognise(state.plan)
        if asked.takeover:
            desk.take(state.run, asked.reason)
        else:
            desk.free(state.run)
        for name, then, now in desk.moved_facts(state):
            moved = states.difference(then, now)
            context.err.show([line(("since the plan: ", "warn"), f"{name}: ", *moved)])
        retry = Retry(context, asked)
        if entries := (decide or retry.entries)(desk, state):
            desk.say(state.run, *entries)
        code = drive(
            Ride(
                context=context,
                desk=desk,
                view=view,
                asked=asked,
                run=state.run,
                takes_back=bool(state.undoing or state.plan.source_run),
            )
        )
        work.show_stats(context, desk, asked)
        return code


def _stands_still(work: Work) -> bool:
    """Whether the run waits for a decision about *work*."""
    if work.superseded or work.accepted:
        return False
    unseen = any(watched.ok is False for watched in work.watches.values())
    return unseen or work.outcome in (*BAD_OUTCOMES, Outcome.PENDING_RETRY)


class Retry:
    """Steps to be tried again: shown as they would be done now, and agreed to."""

    def __init__(self, context: Context, asked: Asked) -> None:
        self._context = context
        self._asked = asked

    def entries(self, desk: Desk, state: RunState) -> list[Entry]:
        known = {work.key for work in state.works if _stands_still(work)}
        if unknown := {*self._asked.steps, *self._asked.skips} - known:
            raise UsageError(
                f"run {state.run} has no step {', '.join(sorted(unknown))} to decide about",
                hint=f"See `sopctl audit show {state.run}`.",
            )
        self._refuse_to_skip_declined(state)
        why, by = self._asked.reason or "resumed", actor.user()
        skips = [records.decision(key, "skip", by, why) for key in self._asked.skips]
        found = [work for work in state.works if work.key in known and self._wanted(work)]
        return [*skips, *(entry for work in found for entry in self._entry(desk, state, work))]

    def _refuse_to_skip_declined(self, state: RunState) -> None:
        """To skip an answer would carry out what somebody said no to."""
        declined = [w.key for w in state.works if w.outcome is Outcome.DECLINED]
        if found := [key for key in declined if key in self._asked.skips]:
            raise UsageError(
                f"{found[0]} was declined, and going on would carry out what was declined",
                hint=f"Keep the no by `sopctl rollback {state.run}`, or give --retry {found[0]}"
                " to be asked again.",
            )

    def _wanted(self, work: Work) -> bool:
        if work.key in self._asked.skips:
            return False
        if work.outcome is Outcome.FAILED and work.plan.kind is StepKind.CHECK:
            return True  # looking again changes nothing
        if work.outcome is Outcome.PENDING_RETRY:
            return not self._asked.steps or work.key in self._asked.steps
        return work.key in self._asked.steps

    def _agree(self, state: RunState, question: str) -> None:
        assert state.plan is not None
        consents.agree_to_change(self._context, state.plan, self._asked, question)

    def _entry(self, desk: Desk, state: RunState, work: Work) -> list[Entry]:
        why = self._asked.reason or "resumed"
        if work.back:
            self._agree(state, f"Retry {work.key}?")
            return [records.decision(work.key, "retry", actor.user(), why)]
        if work.plan.kind is not StepKind.ACTION:  # nothing to be planned: it changes nothing
            return [records.decision(work.key, "retry", actor.user(), why)]
        step = desk.plan_step(state, work.key)
        self._context.err.show(
            [line(("To be retried, as it is now:", "strong")), *plan_view.step(1, step)]
        )
        if step.unplanned:
            self._context.err.show([failure.in_place(state)])
            return []
        self._agree(state, f"Apply {step.id} like this?")
        found = max(1, objects(change.resource for change in step.changes))
        bound = found if work.plan.unplanned else 0
        return [records.decision(work.key, "retry", actor.user(), why, bound)]
