"""Which resources of a step it is time to look at, and what has to be waited for before: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sopctl.core.action import AnyAction
from sopctl.engine.compare import change_of
from sopctl.engine.moves import Fence, Move, Wait, Window
from sopctl.engine.state import Item, Phase, Work


def next_window(work: Work, action: AnyAction, now: datetime, fence_wait: float) -> Move:
    """Shut earlier calls out, wait for what is not due, or look at and write the next window."""
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
