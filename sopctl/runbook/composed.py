"""The types of what is included: what is given to it, and its steps with everything in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sopctl.core.codec import Json
from sopctl.core.notice import Notice
from sopctl.core.runbook import Parameter, ParameterType, Runbook, Step, StepKind
from sopctl.notation.document import Path
from sopctl.notation.finding import Finding
from sopctl.runbook import (
    cel_text,
    expressions,
    fitting,
    includes,
    inside,
    parameters,
    typing_rules,
)
from sopctl.runbook.expressions import InvalidExpressionError
from sopctl.runbook.inside import Inside
from sopctl.runbook.rules import Fields
from sopctl.runbook.shapes import Shape


def check_given(data: Fields, included: Inside, declared: Mapping[str, Shape]) -> Iterator[Finding]:
    """Expressions given for a parameter that are not of its type."""
    for path, fields, _ in includes.named(data):
        book = included.books.get(str(fields.get("id")))
        given = fields.get("with")
        if book is None or not isinstance(given, Mapping):
            continue
        known = {parameter.name: parameter for parameter in book.parameters}
        for name, value in given.items():
            if name in known and not includes.passed_on(value):
                found = _type(value, declared)
                yield from _compare((*path, "with", name), known[name], found)


def _type(value: Json, declared: Mapping[str, Shape]) -> str:
    """The type of a value with expressions; ``dyn`` of one without, which is checked itself."""
    typed = typing_rules.typed(declared)
    if isinstance(value, str):
        return typed(value) or "dyn"
    if isinstance(value, Sequence):
        items = {found for item in value if (found := _type(item, declared)) != "dyn"}
        return f"list({min(items)})" if items else "dyn"
    return "dyn"


def _compare(path: Path, parameter: Parameter, found: str) -> Iterator[Finding]:
    wanted = parameters.CEL_TYPES[parameter.type]
    accepted = {"dyn", wanted}
    if parameter.type is ParameterType.LIST:
        accepted.add("list(dyn)")
    if includes.optional(parameter):
        accepted.add("null")
    if found not in accepted:
        yield Finding(
            path=path, summary=f"the expression gives {found}, not {wanted}",
            hint=f"Give what a parameter of type {parameter.type} can be.",
        )  # fmt: skip


def check_steps(
    data: Fields,
    book: Runbook,
    kinds: Mapping[str, type[Any]],
    declared: Mapping[str, Shape],
) -> Iterator[Finding]:
    """Steps of included runbooks that are right by themselves, but not with what they are given."""
    places: dict[str, Path] = {
        str(fields.get("id")): (*path, "uses") for path, fields, _ in includes.named(data)
    }
    back = [entry.step for entry in book.way_back if entry.step is not None]
    for step in (*inside.flat(book), *back):
        place = places.get(step.id.partition(".")[0])
        if place is None:
            continue
        for summary, hint in _wrong(step, kinds, declared):
            yield Finding(path=place, summary=f"step {step.id}: {summary}", hint=hint)


def _wrong(
    step: Step, kinds: Mapping[str, type[Any]], declared: Mapping[str, Shape]
) -> Iterator[tuple[str, str]]:
    is_text = step.kind in (StepKind.GATE, StepKind.NOTIFY)
    holes = cel_text.holes([step.params, step.uses] if is_text else step.params)
    sources = [*(hole.source for hole in holes), *([step.when] if step.when else [])]
    for source in sources:
        try:
            expressions.compile(source, declared)
        except InvalidExpressionError as error:
            yield error.summary, f"Look at what is given for its parameters: {source[:200]}"
            return
    kind = Notice if step.kind is StepKind.NOTIFY else None if is_text else kinds.get(step.uses)
    if kind is not None:
        typed = typing_rules.typed(declared)
        for finding in fitting.fit(kind, dict(step.params), typed)[1]:
            yield f"{finding.path[-1]}: {finding.summary}", finding.hint
