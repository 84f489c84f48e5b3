"""What to do next: a pure function of the folded journal and the time.

Steps go in order; only their background reads overlap. See ``docs/explanation/engine.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sopctl.core.action import AnyAction
from sopctl.core.codec import decode
from sopctl.core.runbook import OnFailure, StepKind
from sopctl.engine import guardrails
from sopctl.engine.compare import change_of
from sopctl.engine.due import next_window
from sopctl.engine.guardrails import objects
from sopctl.engine.moves import (
    AskCheck,
    AskWhen,
    Begin,
    Close,
    Finish,
    Move,
    Park,
    RemoveMarks,
    Select,
    SetMarks,
    Tell,
    TurnBack,
    Wait,
)
from sopctl.engine.state import (
    BAD_OUTCOMES,
    GOOD_PHASES,
    Outcome,
    Phase,
    RunEnd,
    RunState,
    Watched,
    Work,
)

Actions = Mapping[str, AnyAction]
POLL = 1.0  # seconds between two looks at a change that has not shown up yet


def decide(state: RunState, actions: Actions, now: datetime, fence_wait: float) -> Move:
    """The next move of the run."""
    for work in _in_order(state):
        if work.superseded:
            continue
        if work.ended is None:
            return _next_of(state, work, actions, now, fence_wait)
        if work.outcome in BAD_OUTCOMES and not work.accepted:
            if work.plan.on_failure is OnFailure.UNDO and not work.back:
                return TurnBack(work.why)
            return Park("decision", work.why, work.key)
        if work.back and (move := _effects(state, [work.key], now)):
            return move
    return _finish(state, now)


def _in_order(state: RunState) -> list[Work]:
    """What is to be taken back comes before anything else is done."""
    if state.plan and state.plan.source_run:
        return state.works
    return sorted(state.works, key=lambda work: not work.back)


def _finish(state: RunState, now: datetime) -> Move:
    if move := _effects(state, [work.key for work in state.works], now):
        return move
    pending = [w for w in state.works if w.outcome is Outcome.PENDING_RETRY and not w.superseded]
    pending = [w for w in pending if not w.accepted]
    if pending:
        return Park("decision", f"pending retry: {pending[0].why}", pending[0].key)
    if state.undoing or (state.plan and state.plan.source_run):
        left = any(
            i.phase not in GOOD_PHASES for w in state.works if w.back for i in w.items.values()
        )
        return Finish(RunEnd.UNDO_INCOMPLETE if left else RunEnd.UNDONE)
    unfinished = (*BAD_OUTCOMES, Outcome.PENDING_RETRY)
    partial = any(
        w.outcome is None if w.superseded else w.outcome in unfinished for w in state.works
    )
    return Finish(RunEnd.PARTIAL if partial else RunEnd.DONE)


def _effects(state: RunState, keys: Sequence[str], now: datetime) -> Move | None:
    """Wait for the background reads of these steps; stop where one failed."""
    for work in state.works:
        if work.key not in keys or work.superseded:
            continue
        for watched in work.watches.values():
            if watched.ok is False and not watched.accepted:
                return Park("effect", f"applied, effect missing: {watched.detail}", work.key)
            if watched.ok is None:
                return Wait(now + timedelta(seconds=POLL), _waiting_for(work, watched))
    return None


def _waiting_for(work: Work, watched: Watched) -> str:
    what = work.plan.effect if watched.what == "effect" else "a second look at what was written"
    return f"{work.key}: {what}"


def _next_of(
    state: RunState, work: Work, actions: Actions, now: datetime, fence_wait: float
) -> Move:
    if work.started is None:
        return _start(state, work, now)
    if work.plan.kind is StepKind.CHECK:
        return AskCheck(work.key)
    if work.plan.kind is StepKind.GATE:
        return _gate(state, work)
    if work.plan.kind is StepKind.NOTIFY:
        return Tell(work.key)
    if not work.selected:
        return Select(work.key)
    if move := _beyond_bound(state, work):
        return move
    action = actions[work.plan.uses]
    if not work.back and action.marker and not work.marked and work.open_items:
        return SetMarks(work.key)
    if move := _by_hand(state, work, action):
        return move
    if work.open_items:
        return next_window(work, action, now, fence_wait)
    return _close(work)


def _start(state: RunState, work: Work, now: datetime) -> Move:
    plan = work.plan
    if move := _when(state, work):
        return move
    if plan.skipped:
        return Close(work.key, Outcome.SKIPPED, plan.skipped)
    if plan.unplanned and work.selected:
        return Close(work.key, Outcome.PENDING_RETRY, plan.unplanned)
    bad = (Outcome.PENDING_RETRY, Outcome.SKIPPED, *BAD_OUTCOMES)
    for need in plan.needs:
        other = next((w for w in state.works if w.key == need), None)
        if other and other.superseded:
            return Close(work.key, Outcome.SKIPPED, f"needs {need}, which was undone")
        if other and other.outcome in bad and not (other.plan.skipped or other.accepted):
            return Close(work.key, Outcome.SKIPPED, f"needs {need}, which is {other.outcome}")
    waited_for = [w.key for w in state.works] if _barrier(work) else plan.needs
    if move := _effects(state, waited_for, now):
        return move
    if plan.approve and (move := _approval(state, work)):
        return move
    return Begin(work.key)


def _when(state: RunState, work: Work) -> Move | None:
    """A `when` that says something else than when it was planned becomes a gate."""
    plan, gate = work.plan, f"when:{work.key}"
    if not plan.when or plan.late_when or plan.unplanned:
        return None
    if work.runs is None:
        return AskWhen(work.key)
    if not work.verdict_moved or gate in state.answers:
        return None
    then, now = ("false", "true") if work.runs else ("true", "false")
    do = "leave it out" if work.runs else "carry it out"
    what = f"`when: {plan.when}` of step {work.key} was {then} when planned and is {now}"
    return Park("gate", f"{what}; {do} all the same, as planned?", gate)


def _barrier(work: Work) -> bool:
    return work.plan.barrier or work.plan.kind is StepKind.GATE


def _approval(state: RunState, work: Work) -> Move | None:
    answer = state.answers.get(f"approve:{work.key}")
    if answer is None:
        return Park("gate", f"approve step {work.key}: {work.plan.why}", f"approve:{work.key}")
    if answer["answer"] != "yes":
        return Close(work.key, Outcome.DECLINED, f"declined by {answer['by']}")
    return None


def _gate(state: RunState, work: Work) -> Move:
    answer = state.answers.get(work.key)
    if answer is None:
        return Park("gate", work.plan.uses, work.key)
    if answer["answer"] == "no":
        return Close(work.key, Outcome.DECLINED, f"declined by {answer['by']}")
    return Close(work.key, Outcome.ANSWERED, str(answer["answer"]))


def _beyond_bound(state: RunState, work: Work) -> Move | None:
    """A late selection larger than what was consented to becomes a gate."""
    if not work.plan.late or work.bound_ok or not (what := _too_much(state, work)):
        return None
    gate = f"bound:{work.key}"
    answer = state.answers.get(gate)
    if answer and answer["answer"] == "no":
        return Close(work.key, Outcome.DECLINED, f"declined by {answer['by']}")
    return Park("gate", what, gate)


def _by_hand(state: RunState, work: Work, action: AnyAction) -> Move | None:
    """What was accepted by a person waits at a gate until they say that it is done."""
    asked = [item for item in work.open_items if item.phase is Phase.ACCEPTED]
    if action.instructions is None or not asked:
        return None
    gate = f"manual:{work.key}"
    answer = state.answers.get(gate)
    if answer is None:
        params = decode(action.params, work.plan.params)
        return Park("gate", action.instructions(params, change_of(action, asked[0])), gate)
    if answer["answer"] == "no":
        return Close(work.key, Outcome.DECLINED, f"not done, says {answer['by']}")
    return None


def _too_much(state: RunState, work: Work) -> str:
    """How a late selection goes beyond its own bound, or the whole run beyond its guardrail."""
    found = objects(work.items)
    if found > work.plan.bound:
        return f"step {work.key} now finds {found} objects; the plan allowed {work.plan.bound}"
    kind = next((resource.kind for resource in work.items), "")
    if state.plan is None or not (allowed := state.plan.guardrails.get(kind)):
        return ""
    ours = [each for w in state.works if not w.back for each in w.items if each.kind == kind]
    excess = guardrails.excess(kind, ours, work.plan.population, allowed)
    return f"with step {work.key} {excess}" if excess else ""


def _marks_done(work: Work) -> bool:
    """Back: everything has returned. Forward: nothing was changed after all."""
    if work.back:
        return all(item.phase in GOOD_PHASES for item in work.items.values())
    return not work.touched


def _close(work: Work) -> Move:
    phases = [item.phase for item in work.items.values()]
    if work.marks and not work.unmarked and _marks_done(work):
        return RemoveMarks(work.key)
    for phase, outcome in (
        (Phase.FAILED, Outcome.FAILED),
        (Phase.STALE, Outcome.STALE),
        (Phase.CONFLICT, Outcome.CONFLICT),
    ):
        bad = [item for item in work.items.values() if item.phase is phase]
        if bad:
            why = f"{len(bad)} of {len(phases)} {outcome}: {bad[0].resource}: {bad[0].why}"
            if work.plan.on_failure is OnFailure.CONTINUE and not work.back:
                return Close(work.key, Outcome.PENDING_RETRY, why)
            return Close(work.key, outcome, why)
    changed = any(phase in (Phase.SETTLED, Phase.RESIDUE) for phase in phases)
    return Close(work.key, Outcome.APPLIED if changed else Outcome.UNCHANGED)
