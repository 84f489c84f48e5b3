"""The rules for one resource, right before a write and right after: pure.

Forward a resource is compared with what the plan saw; on the way back, with what we had made of it
and with what was there before us, so that another person's change is never trampled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sopctl.core.action import AnyAction, Change
from sopctl.core.codec import Json, decode
from sopctl.core.resource import ABSENT, Observed
from sopctl.engine.records import image
from sopctl.engine.state import Item, Phase

GONE: Observed[Any] = Observed(ABSENT, gone=True)

_WAITING = frozenset({Phase.APPLIED, Phase.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Judgement:
    """What to do about one resource: write *change*, or note *phase*, or (neither) wait."""

    phase: Phase | None = None
    change: Change[Any] | None = None
    why: str = ""
    moved: bool = False  # somebody else changed it, but the end is the same


def state_of(action: AnyAction, value: Json) -> Any:  # noqa: ANN401  # the action's own state type
    """A journaled image as the action's state, or ABSENT."""
    return ABSENT if value is None else decode(action.state, value)


def change_of(action: AnyAction, item: Item) -> Change[Any]:
    """An item as the change that an action is handed, as far as the journal knows it."""
    before = Observed(state_of(action, item.before), item.evidence)
    return Change(item.resource, before, state_of(action, item.after))


def judge(  # the six things that the table of rules looks at
    action: AnyAction,
    params: Any,  # noqa: ANN401  # the action's own params
    item: Item,
    seen: Observed[Any],
    *,
    back: bool,
    compare: bool = True,
) -> Judgement:
    """Apply the table of rules to *item* as it is *seen* now.

    *compare* off is for the tests that show what the comparison is for.
    """
    if item.renewing and item.phase is Phase.TODO:
        return _judge_renewal(action, params, item, seen)
    after = state_of(action, item.after)
    if item.replan and not item.ours:
        after = action.desire(params, item.resource, seen)
    if action.satisfies(after, seen.state) and not (seen.gone and back):
        return Judgement(Phase.SETTLED if _maybe_ours(item) else Phase.UNCHANGED)
    if item.phase in _WAITING:
        return Judgement()
    if back:
        return _judge_back(action, item, seen, compare=compare)
    return _judge_forward(action, params, item, seen, compare=compare)


def _maybe_ours(item: Item) -> bool:
    return item.ours or bool(item.unacked)


def _judge_forward(
    action: AnyAction,
    params: Any,  # noqa: ANN401  # the action's own params
    item: Item,
    seen: Observed[Any],
    *,
    compare: bool,
) -> Judgement:
    if seen.gone:
        return Judgement(Phase.STALE, why="gone: the object does not exist any more")
    after = state_of(action, item.after)
    wanted = action.desire(params, item.resource, seen)
    if image(seen.state) == item.before or not compare:
        return Judgement(change=Change(item.resource, seen, wanted if item.replan else after))
    if wanted == after:
        return Judgement(change=Change(item.resource, seen, after), moved=True)
    return Judgement(Phase.STALE, why="moved since the plan: somebody else changed it")


def _judge_renewal(
    action: AnyAction,
    params: Any,  # noqa: ANN401  # the action's own params
    item: Item,
    seen: Observed[Any],
) -> Judgement:
    """Only what still is as we made it is renewed, and only if nobody else did meanwhile."""
    if seen.gone or not action.satisfies(state_of(action, item.settled), seen.state):
        return Judgement(Phase.STALE, why="not renewed: somebody else changed it")
    assert action.renew is not None
    longer = action.renew(params, item.resource, seen)
    if longer is None:
        return Judgement(Phase.SETTLED)
    return Judgement(change=Change(item.resource, seen, longer))


def _judge_back(action: AnyAction, item: Item, seen: Observed[Any], *, compare: bool) -> Judgement:
    if seen.gone:
        return Judgement(Phase.RESIDUE, why="gone: there is nothing left to restore")
    ours = state_of(action, item.before)
    if action.satisfies(ours, seen.state) or not compare:
        return Judgement(change=Change(item.resource, seen, state_of(action, item.after)))
    return Judgement(Phase.CONFLICT, why="changed by somebody else since")
