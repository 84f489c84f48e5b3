"""Put the steps of included runbooks in the place of the steps that include them.

What comes out has no inclusion left, so that nobody further on needs to know of any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sopctl.core.codec import Json
from sopctl.core.runbook import (
    Approve,
    ApproveBy,
    OnFailure,
    ReturnEntry,
    ReturnKind,
    Runbook,
    Step,
    StepKind,
)
from sopctl.runbook import binding, cel_text, includes, inside, parameters
from sopctl.runbook.binding import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An included runbook as it stands in the one that includes it."""

    before: tuple[Step, ...]
    steps: tuple[Step, ...]
    after: tuple[Step, ...]
    way_back: tuple[ReturnEntry, ...]
    staged: bool  # it has a return of its own


def place(step: Step, book: Runbook) -> Placed:
    """*book* in the place of *step*; raises BindingError."""
    scope = Scope(prefix=f"{step.id}.", values=dict(_values(step.params, book)))
    way_back = tuple(_back(entry, step, scope) for entry in book.way_back)
    newest_first = (scope.prefix + one for one in reversed(inside.actions(book)))
    return Placed(
        before=tuple(_moved(one, step, scope) for one in book.before),
        steps=tuple(_moved(one, step, scope) for one in book.steps),
        after=tuple(_moved(one, step, scope) for one in book.after),
        way_back=way_back or tuple(_restore(one) for one in newest_first),
        staged=bool(way_back),
    )


def expand(book: Runbook, placed: Mapping[str, Placed]) -> Runbook:
    """*book* with everything included, in the order in which it is written.

    What a runbook at the very start checks before is checked before; likewise at the end.
    """
    before, steps, after = list(book.before), list[Step](), list[Step]()
    for index, step in enumerate(book.steps):
        if (one := placed.get(step.id)) is None:
            steps.append(replace(step, needs=_needs(step.needs, placed)))
            continue
        (steps if index else before).extend(one.before)
        steps.extend(one.steps)
        (steps if index < len(book.steps) - 1 else after).extend(one.after)
    return replace(
        book,
        before=tuple(before),
        steps=tuple(steps),
        after=(*after, *book.after),
        way_back=tuple(_way_back(book, placed)),
    )


def _values(given: Mapping[str, Json], book: Runbook) -> Iterator[tuple[str, str]]:
    """What each parameter of *book* is, as an expression."""
    for parameter in book.parameters:
        value = given.get(parameter.name)
        if value is None:
            value = parameter.default
        if _is_literal(value):
            value = None if value is None else parameters.conform(parameter, value)
            source = binding.literal(value)
        else:
            source = binding.given(value)
        may_be_null = includes.optional(parameter)  # then its expressions expect any type
        yield parameter.name, f"dyn({source})" if may_be_null else binding.closed(source)


def _is_literal(value: Json) -> bool:
    return not any(True for _ in cel_text.holes(value))


def _moved(step: Step, by: Step, scope: Scope) -> Step:
    """*step* of the runbook that *by* includes."""
    moved = _renamed(step, scope)
    is_action = step.kind is StepKind.ACTION
    undo = by.on_failure is OnFailure.UNDO and step.on_failure is OnFailure.STOP
    return replace(
        moved,
        why=step.why or by.why,
        when=binding.both(binding.uncommented(by.when), moved.when),
        on_failure=OnFailure.UNDO if undo else step.on_failure,
        approve=_stricter(step.approve, by.approve) if is_action else step.approve,
    )


def _renamed(step: Step, scope: Scope) -> Step:
    is_text = step.kind in (StepKind.GATE, StepKind.NOTIFY)
    data = binding.data(dict(step.params), scope)
    assert isinstance(data, Mapping)
    return replace(
        step,
        id=scope.prefix + step.id,
        uses=binding.text(step.uses, scope) if is_text else step.uses,
        params=data,
        when=binding.expression(step.when, scope),
        needs=None if step.needs is None else tuple(scope.prefix + one for one in step.needs),
    )


def _stricter(one: Approve | None, other: Approve | None) -> Approve | None:
    if one is None or other is None:
        return one or other
    by_other = ApproveBy.OTHER in (one.by, other.by)
    return Approve(
        by=ApproveBy.OTHER if by_other else ApproveBy.SELF, reason=one.reason or other.reason
    )


def _back(entry: ReturnEntry, by: Step, scope: Scope) -> ReturnEntry:
    """A stage of the way back; its checks are left out where the runbook was, if that is known."""
    if entry.step is None:
        return replace(entry, restore=tuple(scope.prefix + one for one in entry.restore))
    moved = _renamed(entry.step, scope)
    # Facts change until the way back is taken, and what came of steps is in another run by then.
    known = all(one.startswith("params.") for one in cel_text.references(by.when))
    when = binding.both(binding.uncommented(by.when) if known else "", moved.when)
    return replace(entry, step=replace(moved, when=when))


def _restore(*steps: str, canary: int = 0) -> ReturnEntry:
    return ReturnEntry(kind=ReturnKind.RESTORE, restore=steps, canary=canary)


def _needs(needs: tuple[str, ...] | None, placed: Mapping[str, Placed]) -> tuple[str, ...] | None:
    """Who needs a runbook needs everything that it changes."""
    if needs is None:
        return None
    return tuple(step for need in needs for step in _actions(need, placed))


def _actions(step: str, placed: Mapping[str, Placed]) -> tuple[str, ...]:
    if step not in placed:
        return (step,)
    return tuple(one.id for one in placed[step].steps if one.kind is StepKind.ACTION)


def _way_back(book: Runbook, placed: Mapping[str, Placed]) -> Iterator[ReturnEntry]:
    """The stages, those of included runbooks in the place of their restore."""
    stages: Sequence[ReturnEntry] = book.way_back
    if not stages and any(one.staged for one in placed.values()):
        actions = [step.id for step in book.steps if step.kind is StepKind.ACTION]
        stages = [_restore(step) for step in reversed(actions)]
    for stage in stages:
        here: list[str] = []
        for step in stage.restore:
            if step not in placed:
                here.append(step)
                continue
            if here:
                yield replace(stage, restore=tuple(here))
            yield from placed[step].way_back
            here = []
        if here or stage.step is not None:
            yield replace(stage, restore=tuple(here))
