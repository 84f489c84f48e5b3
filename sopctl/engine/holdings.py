"""What runs have changed and not yet taken back: the mitigations still in place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sopctl.core.codec import Json
from sopctl.core.resource import ResourceId
from sopctl.engine.state import GOOD_PHASES, Phase, RunState


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


def holdings(states: Iterable[RunState]) -> tuple[Holding, ...]:
    """Everything that is held by forward runs and was not given back, oldest run first."""
    everything = list(states)
    returned = {
        (state.plan.source_run, item.resource)
        for state in everything
        if state.plan and state.plan.source_run
        for work in state.works
        for item in work.items.values()
        if work.back and item.phase in GOOD_PHASES
    }
    returned |= {
        (state.plan.source_run, resource)
        for state in everything
        if state.plan and state.plan.source_run and state.end
        for step in state.plan.steps
        for resource in step.left
    }
    return tuple(
        holding
        for state in everything
        for holding in _of(state)
        if (holding.run, holding.resource) not in returned
    )


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
    for step in state.plan.steps:
        for join in step.joined:
            yield Holding(
                run=state.run,
                step=step.id,
                resource=join.resource,
                before=join.before,
                settled=join.settled,
                since=state.started,
                joined=True,
            )
