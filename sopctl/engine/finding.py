"""What a step would change now: for late steps, and for kept ones."""

from __future__ import annotations

from typing import Any

from sopctl.core.codec import Json, decode
from sopctl.core.plan import PlannedChange, PlannedStep
from sopctl.core.resource import Observed, Selection
from sopctl.engine.ports import Deps
from sopctl.engine.records import image


def find(deps: Deps, step: PlannedStep, value: Json) -> tuple[list[PlannedChange], Selection]:
    """Select, observe and desire with the parameters *value*: what *step* would change now."""
    action = deps.actions[step.uses]
    params = decode(action.params, value)
    selection = action.select(deps.clients, params)
    seen = action.observe(deps.clients, params, selection.ids)
    changes = []
    for resource in selection.ids:
        observed: Observed[Any] | None = seen.get(resource)
        if observed is None or observed.gone:
            continue
        after = action.desire(params, resource, observed)
        if action.satisfies(after, observed.state):
            continue
        before, wanted = image(observed.state), image(after)
        change = PlannedChange(
            resource=resource, before=before, after=wanted, evidence=observed.evidence
        )
        changes.append(change)
    return changes, selection
