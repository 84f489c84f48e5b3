"""What runs have changed and not yet taken back: the mitigations still in place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sopctl.core.codec import Json
from sopctl.core.journal import Entry
from sopctl.core.resource import ResourceId
from sopctl.engine import records
from sopctl.engine.state import GOOD_PHASES, Phase, RunEnd, RunState, Work

_RETURNED = (RunEnd.UNDONE, RunEnd.UNDO_INCOMPLETE)
_GIVEN_UP = (RunEnd.UNDONE, RunEnd.CANCELLED)  # what these joined is left to who else holds it


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One resource that a run keeps as it made it, or found made by another run it joined."""

    run: str
    step: str
    resource: ResourceId
    before: Json
    settled: Json
    since: datetime | None
    joined: bool = False
    returning: str = ""  # the roll back, not ended, that is to take it back


def holdings(states: Iterable[RunState]) -> tuple[Holding, ...]:
    """Everything that is held by forward runs and was not given back, oldest run first."""
    everything = [state for state in states if state.end is not RunEnd.LOST]
    returned = {
        (state.plan.source_run, work.plan.source_step, item.resource)
        for state in everything
        if state.plan and state.plan.source_run
        for work in state.works
        for item in work.items.values()
        if work.back and item.phase in GOOD_PHASES
    }
    returned |= {
        (state.plan.source_run, step.source_step, resource)
        for state in everything
        if state.plan and state.plan.source_run and state.end in _RETURNED
        for step in state.plan.steps
        for resource in step.left
    }
    returning = _returning(everything)
    held = [
        replace(holding, returning=returning.get((holding.run, holding.step), ""))
        for state in everything
        for holding in _of(state)
        if (holding.run, holding.step, holding.resource) not in returned
    ]
    given_up = {state.run for state in everything if state.end in _GIVEN_UP}
    kept = {holding.resource for holding in held if holding.run not in given_up}
    return tuple(
        holding
        for holding in held
        if not (holding.joined and holding.run in given_up and holding.resource in kept)
    )


def left_to_others(work: Work, states: Sequence[RunState], mine: Collection[str]) -> Entry | None:
    """What *work*, on its way back, leaves as it is: other runs than *mine* hold it too."""
    holders: dict[ResourceId, str] = {}
    for holding in holdings(states):
        if holding.run not in mine:
            holders[holding.resource] = holding.run
    rows: list[tuple[ResourceId, str, Json, str]] = [
        (item.resource, Phase.KEPT, None, f"run {holders[item.resource]} still holds it")
        for item in work.open_items
        if item.resource in holders
    ]
    return records.found(work.key, rows) if rows else None


def _returning(states: Iterable[RunState]) -> dict[tuple[str, str], str]:
    """Which step of which run is being restored by which roll back that has not ended."""
    return {
        (state.plan.source_run, work.plan.source_step): state.run
        for state in states
        if state.plan and state.plan.source_run and not state.end
        for work in state.works
        if work.back
    }


def _of(state: RunState) -> Iterable[Holding]:
    if state.plan is None or state.plan.source_run:
        return
    for work, item in state.in_place:
        settled = item.settled if item.phase is Phase.SETTLED else item.after
        yield Holding(
            run=state.run,
            step=work.key,
            resource=item.resource,
            before=item.before,
            settled=settled,
            since=item.changed_at,
        )
    for work in state.works:
        for join in () if work.back else work.plan.joined:
            yield Holding(
                run=state.run,
                step=work.key,
                resource=join.resource,
                before=join.before,
                settled=join.settled,
                since=state.started,
                joined=True,
            )
