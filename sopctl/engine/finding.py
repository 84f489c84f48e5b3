"""What a step would change: sorted out the same way for a plan, a late step and a kept one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sopctl.core.action import AnyAction, Change
from sopctl.core.codec import Json, decode
from sopctl.core.plan import PlannedChange, PlannedStep
from sopctl.core.resource import Observed, ResourceId, Selection
from sopctl.engine.ports import Deps
from sopctl.engine.records import image


@dataclass(frozen=True, slots=True)
class Found:
    """What is to change, and what is so already; what is gone is neither."""

    selection: Selection
    changes: tuple[PlannedChange, ...]
    unchanged: tuple[ResourceId, ...]


def find(deps: Deps, step: PlannedStep, value: Json) -> Found:
    """Select, observe and desire with the parameters *value*: what *step* would change now."""
    action = deps.actions[step.uses]
    params = decode(action.params, value)
    selection = action.select(deps.clients, params)
    return sort_out(action, params, selection, action.observe(deps.clients, params, selection.ids))


def sort_out(
    action: AnyAction,
    params: Any,  # noqa: ANN401  # the action's own params
    selection: Selection,
    seen: Mapping[ResourceId, Observed[Any]],
) -> Found:
    """Compare what is there with what is desired; pure."""
    changes, unchanged = [], []
    for resource in selection.ids:
        observed = seen.get(resource)
        if observed is None or observed.gone:
            continue
        after = action.desire(params, resource, observed)
        if action.satisfies(after, observed.state):
            unchanged.append(resource)
            continue
        change = PlannedChange(
            resource=resource,
            before=image(observed.state),
            after=image(after),
            evidence=observed.evidence,
            mark=_mark(action, Change(resource, observed, after)),
        )
        changes.append(change)
    return Found(selection, tuple(changes), tuple(unchanged))


def _mark(action: AnyAction, change: Change[Any]) -> str:
    """What will be written on the object first, as the plan shows it."""
    return action.marker.name(change, "RUN").key if action.marker else ""
