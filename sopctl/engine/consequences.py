"""What the changes of a plan bring with them: asked of the actions, all steps at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace

from sopctl.core.action import Change
from sopctl.core.codec import decode
from sopctl.core.errors import SopError
from sopctl.core.plan import PlannedStep
from sopctl.core.resource import Observed
from sopctl.core.runbook import StepKind
from sopctl.core.side_effect import SideEffect
from sopctl.engine.compare import state_of
from sopctl.engine.ports import Deps

Told = tuple[SideEffect, ...]


def with_side_effects(steps: Sequence[PlannedStep], deps: Deps) -> list[PlannedStep]:
    """The steps with their side effects; what cannot be looked at is a note, and no obstacle."""
    asked = [_ask(step, deps) for step in steps]
    return [_told(step, found) for step, found in zip(steps, asked, strict=True)]


def _ask(step: PlannedStep, deps: Deps) -> Future[Told] | None:
    if step.kind is not StepKind.ACTION or not step.changes:
        return None
    if deps.actions[step.uses].side_effects is None:
        return None
    return deps.pool.submit(_look, step, deps)


def _look(step: PlannedStep, deps: Deps) -> Told:
    action = deps.actions[step.uses]
    assert action.side_effects is not None
    changes = [
        Change(
            each.resource,
            Observed(state_of(action, each.before), each.evidence),
            state_of(action, each.after),
        )
        for each in step.changes
    ]
    params = decode(action.params, step.params)
    return tuple(action.side_effects(deps.clients, params, changes))


def _told(step: PlannedStep, asked: Future[Told] | None) -> PlannedStep:
    if asked is None:
        return step
    try:
        return replace(step, side_effects=asked.result())
    except SopError as error:
        note = f"its side effects are not known: {error.summary}"
        return replace(step, notes=(*step.notes, note))
