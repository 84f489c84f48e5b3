"""Decide of a step what parameters and facts alone decide: whether it runs, and with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sopctl.core.codec import Json, encode
from sopctl.core.errors import TemporaryError
from sopctl.core.notice import Notice
from sopctl.core.plan import Fidelity, PlannedStep
from sopctl.core.runbook import Step, StepKind
from sopctl.engine import environment
from sopctl.engine.ports import Deps


def resolve(step: Step, params: Mapping[str, Json], deps: Deps) -> PlannedStep:
    """Decide what can be decided from parameters and facts alone."""
    planned = PlannedStep(
        id=step.id,
        kind=step.kind,
        uses=step.uses,
        why=step.why,
        when=step.when,
        params=dict(step.params),
        needs=step.needs or (),
        on_failure=step.on_failure,
        empty=step.empty,
        approve=step.approve,
        late=step.late,
        bound=step.bound,
        keep=step.keep,
        wait=step.wait,
    )
    if action := deps.actions.get(step.uses) if step.kind is StepKind.ACTION else None:
        planned = replace(
            planned,
            undo=action.undo_with(step.params),
            effect=action.effect.describe if action.effect else "",
            barrier=action.disruptive and step.needs is None,
        )
    try:
        late = _looks_at_outcomes(step, deps)
        if step.when and not late:
            seen = environment.planning(deps.language, deps.facts, params, "${{" + step.when + "}}")
            if not deps.language.when(step.when, seen):
                return replace(planned, skipped=f"`when: {step.when}` is false")
        planned = replace(planned, late_when=late)
        return _bind(planned, step, params, deps)
    except TemporaryError as error:
        return unplanned(planned, error)


def _looks_at_outcomes(step: Step, deps: Deps) -> bool:
    if not step.when:
        return False
    seen = deps.language.references("${{" + step.when + "}}")
    return any(name.split(".")[0] in ("steps", "gates") for name in seen)


def unplanned(planned: PlannedStep, error: TemporaryError) -> PlannedStep:
    """The step, with the reason why nothing can be said about it now."""
    return replace(
        planned, changes=(), fidelity=Fidelity.UNPLANNED, unplanned=f"unplanned: {error.summary}"
    )


def _bind(planned: PlannedStep, step: Step, params: Mapping[str, Json], deps: Deps) -> PlannedStep:
    """Give the step its typed parameters, and what its action declares."""
    env = environment.planning(deps.language, deps.facts, params, step.params, step.uses)
    value = deps.language.data(dict(step.params), env)
    assert isinstance(value, Mapping), "it was a mapping before"
    if step.kind is StepKind.CHECK:
        check = deps.checks[step.uses]
        return replace(planned, params=encode(deps.language.params(check.params, value)))
    if step.kind is not StepKind.ACTION:
        text = replace(planned, params=value, uses=str(deps.language.data(step.uses, env)))
        return _addressed(text, deps) if step.kind is StepKind.NOTIFY else text
    action = deps.actions[step.uses]
    typed = deps.language.params(action.params, value)
    return replace(
        planned,
        params=encode(typed),
        undo=action.undo_with(value),
        consent=action.consent(typed),
    )


def _addressed(planned: PlannedStep, deps: Deps) -> PlannedStep:
    """Who is told, and what is in the way of it: no reason not to do the rest."""
    notice: Notice = deps.language.params(Notice, planned.params)
    return replace(planned, params=encode(notice), notes=deps.herald.doubts(notice))


def mentioned(steps: Sequence[Step], deps: Deps) -> Mapping[str, Json]:
    """The facts that any expression of the runbook mentions, as far as they can be read."""
    facts: dict[str, Json] = {}
    for step in steps:
        values: list[Json] = [dict(step.params)]
        if step.when:
            values.append("${{" + step.when + "}}")
        try:
            env = environment.planning(deps.language, deps.facts, {}, *values)
        except TemporaryError:
            continue
        found = env["facts"]
        assert isinstance(found, Mapping)
        facts.update(found)
    return facts
