"""Make a plan: select, observe and desire for every step, reading only.

Selections are made once, from one snapshot; later steps are planned on an overlay of what earlier
ones will have done. A provider that cannot be reached makes its steps ``unplanned``, not the plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from sopctl.core.action import AnyAction
from sopctl.core.check import Verdict
from sopctl.core.clock import stamp
from sopctl.core.codec import Json, decode
from sopctl.core.errors import RefusedError, TemporaryError
from sopctl.core.plan import Fidelity, Plan, PlannedStep
from sopctl.core.resource import Observed, ResourceId, Selection
from sopctl.core.runbook import Guardrail, OnEmpty, Runbook, StepKind
from sopctl.engine.compare import state_of
from sopctl.engine.consequences import with_side_effects
from sopctl.engine.finding import sort_out
from sopctl.engine.guardrails import enforce, limit, objects
from sopctl.engine.holdings import Holding
from sopctl.engine.joining import beside, joined, refuse_returning
from sopctl.engine.ports import Deps
from sopctl.engine.resolving import mentioned, resolve, unplanned

Look = tuple[Selection, Mapping[ResourceId, Observed[Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was asked for: a runbook with its parameters, on a target, under a policy."""

    runbook: Runbook
    params: Mapping[str, Json]
    target: Mapping[str, Json]
    policy: Mapping[str, Guardrail] = field(default_factory=dict)
    held: Sequence[Holding] = ()


def make_plan(order: Order, deps: Deps) -> Plan:
    """Plan *order*. Raises RefusedError or GuardrailError; changes nothing."""
    book = order.runbook
    everything = [*book.before, *book.steps, *(replace(s, needs=None) for s in book.after)]
    resolved = [resolve(step, order.params, deps) for step in everything]
    asked = [_ask_ahead(planned, deps) for planned in resolved[: len(book.before)]]
    looks = [_look_ahead(planned, deps) for planned in resolved]
    overlay: dict[ResourceId, Json] = {}
    steps = []
    for planned, ahead in zip(resolved, looks, strict=True):
        steps.append(_fill(planned, ahead, order, deps, overlay))
    steps[: len(asked)] = map(_told, steps, asked)
    last = len(steps) - len(book.after)
    steps[last:] = [replace(step, barrier=True) for step in steps[last:]]
    plan = Plan(
        runbook=book.name,
        title=book.title,
        digest=book.digest,
        params=order.params,
        target=order.target,
        steps=tuple(with_side_effects(steps, deps)),
        facts=mentioned(everything, deps),
        warnings=tuple(_warnings(steps)),
        made_at=stamp(deps.clock.now()),
        revert_within=book.revert_within,
        guardrails=_in_force(steps, order, deps),
    )
    _refuse_empty(plan)
    enforce([s for s in plan.steps if not s.late], book.guardrails, order.policy)
    return plan


def _ask_ahead(planned: PlannedStep, deps: Deps) -> Future[Verdict] | None:
    """The checks that come first are asked while planning too: consent should know the answer."""
    if planned.kind is not StepKind.CHECK or planned.skipped or planned.unplanned:
        return None
    check = deps.checks[planned.uses]
    return deps.pool.submit(check.look, deps.clients, decode(check.params, planned.params))


def _told(planned: PlannedStep, asked: Future[Verdict] | None) -> PlannedStep:
    if asked is None:
        return planned
    try:
        verdict = asked.result()
    except TemporaryError as error:
        return unplanned(planned, error)
    says = f"now: {'holds' if verdict.holds else 'DOES NOT HOLD'}: {verdict.detail}"
    return replace(planned, notes=(says, *verdict.rows))


def _look_ahead(planned: PlannedStep, deps: Deps) -> Future[Look] | None:
    """Start the reads of a step; they do not wait for each other."""
    if planned.kind is not StepKind.ACTION or planned.skipped or planned.unplanned:
        return None
    return deps.pool.submit(_look, deps.actions[planned.uses], planned, deps)


def _look(action: AnyAction, planned: PlannedStep, deps: Deps) -> Look:
    params = decode(action.params, planned.params)
    selection = action.select(deps.clients, params)
    return selection, action.observe(deps.clients, params, selection.ids)


def _fill(
    planned: PlannedStep,
    ahead: Future[Look] | None,
    order: Order,
    deps: Deps,
    overlay: dict[ResourceId, Json],
) -> PlannedStep:
    if planned.kind is not StepKind.ACTION:
        return planned
    action = deps.actions[planned.uses]
    if ahead is None:
        return _bounded(planned, order, action)
    try:
        selection, seen = ahead.result()
    except TemporaryError as error:
        return _bounded(unplanned(planned, error), order, action)
    seen, predicted = _through(overlay, action, seen)
    params = decode(action.params, planned.params)
    found = sort_out(action, params, selection, seen)
    refuse_returning(found, order.held)
    if not planned.late:  # of those it is decided when they select
        found = beside(action, found, order.held)
    overlay |= {change.resource: change.after for change in found.changes}
    fidelity = Fidelity.PREDICTED if predicted else Fidelity.EXACT
    fidelity = Fidelity.OPAQUE if action.opaque else fidelity
    filled = replace(
        planned,
        changes=found.changes,
        unchanged=found.unchanged,
        joined=joined(action, found.unchanged, order.held),
        population=selection.population,
        notes=selection.notes,
        fidelity=Fidelity.DEPENDS if planned.late else fidelity,
    )
    return _bounded(filled, order, action)


def _through(
    overlay: Mapping[ResourceId, Json],
    action: AnyAction,
    seen: Mapping[ResourceId, Observed[Any]],
) -> tuple[Mapping[ResourceId, Observed[Any]], bool]:
    """What will be seen once the earlier steps are done; whether that differs from now."""
    later = {
        resource: replace(observed, state=state_of(action, overlay[resource]))
        for resource, observed in seen.items()
        if resource in overlay
    }
    return {**seen, **later}, bool(later)


def _bounded(planned: PlannedStep, order: Order, action: AnyAction) -> PlannedStep:
    if not (planned.late or planned.keep):
        return planned
    allowed = limit(action.kind, order.runbook.guardrails, order.policy).count
    return replace(planned, bound=min(planned.bound or allowed, allowed))


def _in_force(steps: Sequence[PlannedStep], order: Order, deps: Deps) -> Mapping[str, Guardrail]:
    """The guardrail of every kind that the plan may touch, for what is selected later."""
    kinds = {deps.actions[step.uses].kind for step in steps if step.kind is StepKind.ACTION}
    return {kind: limit(kind, order.runbook.guardrails, order.policy) for kind in sorted(kinds)}


def _warnings(steps: Sequence[PlannedStep]) -> list[str]:
    warnings = [f"step {step.id} is {step.unplanned}" for step in steps if step.unplanned]
    warnings += [
        f"step {step.id} found nothing to act on"
        for step in steps
        if step.kind is StepKind.ACTION
        and step.empty is OnEmpty.WARN
        and not (step.changes or step.unchanged or step.skipped or step.unplanned or step.late)
    ]
    return warnings


def _refuse_empty(plan: Plan) -> None:
    for step in plan.steps:
        found = objects(c.resource for c in step.changes) + len(step.unchanged)
        if (
            step.kind is StepKind.ACTION
            and step.empty is OnEmpty.FAIL
            and not (found or step.skipped or step.unplanned or step.late)
        ):
            raise RefusedError(
                f"step {step.id} ({step.uses}) found nothing to act on",
                hint="; ".join(step.notes) or "Check the parameters: is this the right target?",
            )
