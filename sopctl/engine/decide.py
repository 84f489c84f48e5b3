"""What to do next: a pure function of the folded journal and the time.

Steps go in order; only their background reads overlap. See ``docs/explanation/engine.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sopctl.core.action import AnyAction
from sopctl.core.runbook import OnFailure, StepKind
from sopctl.engine import gates
from sopctl.engine.compare import change_of
from sopctl.engine.moves import (
    AskCheck,
    Begin,
    Close,
    Fence,
    Finish,
    Move,
    Park,
    RemoveMarks,
    Select,
    SetMarks,
    Tell,
    TurnBack,
    Wait,
    Window,
)
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
        return gates.gate(state, work)
    if work.plan.kind is StepKind.NOTIFY:
        return Tell(work.key)
    if not work.selected:
        return Select(work.key)
    if move := gates.beyond_bound(state, work):
        return move
    action = actions[work.plan.uses]
    if not work.back and action.marker and not work.marked and work.open_items:
        return SetMarks(work.key)
    if move := gates.by_hand(state, work, action):
        return move
    if work.open_items:
        return _next_window(work, action, now, fence_wait)
    return _close(work)


def _start(state: RunState, work: Work, now: datetime) -> Move:
    plan = work.plan
    if move := gates.verdict_moved(state, work):
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
    if plan.approve and (move := gates.approval(state, work)):
        return move
    return Begin(work.key)


def _barrier(work: Work) -> bool:
    return work.plan.barrier or work.plan.kind is StepKind.GATE


def _next_window(work: Work, action: AnyAction, now: datetime, fence_wait: float) -> Move:
    if work.back and (move := _fence(work, action, now, fence_wait)):
        return move
    found = work.open_items
    waiting = {
        i.resource: at
        for i in found
        if (i.retry_at or i.landed or i.phase in _UNSEEN) and (at := _when_due(i, action)) > now
    }
    due = [i for i in found if not waiting or i.resource not in waiting]
    if not due:
        until = min(waiting.values())
        why = found[0].why or "what was written a moment ago may not be seen yet"
        return Wait(until, f"{work.key}: {why}")
    fresh = [item for item in due if item.phase not in (Phase.APPLIED, Phase.ACCEPTED)]
    if not fresh:
        return Window(work.key, tuple(item.resource for item in due))
    return Window(work.key, tuple(item.resource for item in _first(action, fresh)))


_UNSEEN = (Phase.UNKNOWN, Phase.SENT)


def _when_due(item: Item, action: AnyAction) -> datetime:
    """When to look at it: reads may be late, so that nothing is concluded of a write too soon."""
    unseen = (item.changed_at, *item.unacked.values()) if item.phase in _UNSEEN else ()
    written = max(filter(None, (item.landed, *unseen)), default=None)
    seen = written + timedelta(seconds=action.settle) if written else None
    return max(filter(None, (item.retry_at, seen)), default=datetime.min.replace(tzinfo=UTC))


def _first(action: AnyAction, items: Sequence[Item]) -> Sequence[Item]:
    """As many as are looked at at once, or the first batch if the action has an order."""
    if action.order is None:
        return items[: action.window or action.batch * action.concurrency]
    by_id = {item.resource: item for item in items}
    changes = [change_of(action, item) for item in items]
    batches = action.order(changes)
    return [by_id[change.resource] for change in batches[0]]


def _fence(work: Work, action: AnyAction, now: datetime, fence_wait: float) -> Move | None:
    """Earlier calls whose outcome is unknown may still land: shut them out before looking."""
    loose = [item for item in work.open_items if item.unacked and not item.fenced]
    loose = [item for item in loose if not item.attempts]
    if not loose:
        return None
    sent = max(max(item.unacked.values()) for item in loose)
    until = now if action.touch else sent + timedelta(seconds=fence_wait)
    if until > now:
        return Wait(until, f"{work.key}: an unanswered call may still land; waiting it out")
    return Fence(work.key, tuple(item.resource for item in loose), until)


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
