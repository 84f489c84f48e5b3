"""What a step may do to resources that other open runs hold: join them, or keep off."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sopctl.core.action import AnyAction, Undo
from sopctl.core.errors import RefusedError
from sopctl.core.plan import Joined, PlannedChange
from sopctl.core.resource import ResourceId
from sopctl.engine.compare import state_of
from sopctl.engine.finding import Found
from sopctl.engine.fold import fold
from sopctl.engine.holdings import Holding, holdings
from sopctl.engine.ports import Deps
from sopctl.engine.state import RunState


def held_by_others(state: RunState, deps: Deps) -> tuple[Holding, ...]:
    """What other runs hold on the target of *state*, as their journals say now."""
    assert state.plan is not None
    heads = [head.run for head in deps.store.runs() if head.target == state.plan.target["name"]]
    found = holdings([fold(run, deps.store.read(run)) for run in heads])
    return tuple(each for each in found if each.run != state.run)


def refuse_returning(found: Found, held: Sequence[Holding]) -> None:
    """Raise RefusedError where another run is giving something back just now."""
    holders = {holding.resource: holding for holding in held}
    for resource in (*found.unchanged, *(change.resource for change in found.changes)):
        if (other := holders.get(resource)) and other.returning:
            raise RefusedError(
                f"{resource} is being given back by run {other.returning}",
                hint=f"Let that end first: `sopctl resume {other.returning}`.",
            )


def beside(action: AnyAction, found: Found, held: Sequence[Holding]) -> Found:
    """*found*, where what another run already holds well enough counts as unchanged.

    Raises RefusedError where another run holds something in another state.
    """
    holders = {holding.resource: holding for holding in held}
    enough = set()
    for change in found.changes:
        other = holders.get(change.resource)
        if other is None or _same_end(action, change, other):
            continue
        if not _suffices(action, change, other):
            raise RefusedError(
                f"{change.resource} is held by run {other.run} in another state",
                hint=f"Roll that run back first: `sopctl rollback {other.run}`.",
            )
        enough.add(change.resource)
    so = enough | set(found.unchanged)
    return replace(
        found,
        changes=tuple(each for each in found.changes if each.resource not in enough),
        unchanged=tuple(each for each in found.selection.ids if each in so),
    )


def joined(
    action: AnyAction, unchanged: Iterable[ResourceId], held: Sequence[Holding]
) -> tuple[Joined, ...]:
    """What is so already because another open run made it so: held by both from now on."""
    holders = {holding.resource: holding for holding in held}
    return tuple(
        Joined(
            resource=resource,
            run=holders[resource].run,
            before=holders[resource].before,
            settled=holders[resource].settled,
        )
        for resource in unchanged
        if resource in holders and action.undo is Undo.EXACT
    )


def _same_end(action: AnyAction, change: PlannedChange, other: Holding) -> bool:
    """Somebody undid what *other* had made of it, and it is only made so again."""
    return action.satisfies(state_of(action, change.after), state_of(action, other.settled))


def _suffices(action: AnyAction, change: PlannedChange, other: Holding) -> bool:
    """What *other* made of it still stands, and does as well as what would be made of it now."""
    if action.suffices is None or change.before != other.settled or change.after is None:
        return False
    return action.suffices(state_of(action, other.settled), state_of(action, change.after))
