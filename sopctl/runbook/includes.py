"""Runbooks in runbooks: what an entry ``uses: runbook/NAME`` may say, and what it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError, UsageError
from sopctl.core.runbook import Parameter, ParameterType, Runbook
from sopctl.notation.document import Path
from sopctl.notation.finding import Finding
from sopctl.notation.suggest import did_you_mean
from sopctl.runbook import arguments, cel_text, parameters
from sopctl.runbook.cel_text import Hole, TextError
from sopctl.runbook.inside import PREFIX, Inside
from sopctl.runbook.rules import Fields, entries, texts

_PARAMETER = re.compile(r"params\.([a-z][a-z0-9_]*)")
# Fields that say something about one action. What an included runbook is made of says it itself.
_NOT_BESIDE: Final[Mapping[str, str]] = {
    "empty": "Say it at its steps.",
    "select": "Say it at its steps.",
    "bound": "Say it at its steps.",
    "keep": "Say it at its steps.",
    "needs": "Remove it: it starts when the steps above are done; put a check or a gate before it.",
}
_CONTINUE: Final = "Say at its own steps which of them may fail: the others rely on those before."


def named(data: Fields) -> Iterator[tuple[Path, Fields, str]]:
    """The entries that include a runbook, with its name."""
    for path, fields in entries(data, "steps"):
        used = fields.get("uses")
        if isinstance(used, str) and used.startswith(PREFIX):
            yield path, fields, used.removeprefix(PREFIX)


def check(data: Json, inside: Inside) -> Iterator[Finding]:
    """Everything wrong with the entries that include a runbook, as far as it needs no catalog."""
    if not isinstance(data, Mapping):
        return
    for path, fields in entries(data, "return"):
        if str(fields.get("uses")).startswith(PREFIX):
            yield Finding(
                path=(*path, "uses"), summary="a runbook cannot stand in return",
                hint="Include it in steps; its way back comes along.",
            )  # fmt: skip
    for path, fields, _ in named(data):
        yield from _check_fields(path, fields)
        book = inside.books.get(str(fields.get("id")))
        if book is not None:
            yield from _check_given(path, fields, book, data)


def _check_fields(path: Path, fields: Fields) -> Iterator[Finding]:
    for name, hint in _NOT_BESIDE.items():
        if name in fields:
            yield Finding(
                path=(*path, name), summary=f"{name} means nothing beside a runbook", hint=hint,
                key=True,
            )  # fmt: skip
    if fields.get("on_failure") == "continue":
        yield Finding(
            path=(*path, "on_failure"), summary="a runbook that fails is not gone on from",
            hint=_CONTINUE,
        )  # fmt: skip


def _check_given(path: Path, fields: Fields, book: Runbook, data: Fields) -> Iterator[Finding]:
    given = fields.get("with", {})
    if not isinstance(given, Mapping):
        return
    known = {parameter.name: parameter for parameter in book.parameters}
    for name, value in given.items():
        place = (*path, "with", name)
        if name not in known:
            hint = did_you_mean(name, known, what="parameters")
            yield Finding(
                path=place, summary=f"{book.name} has no parameter {name}", hint=hint, key=True
            )
        else:
            yield from _check_value(place, value, known[name], data)
    for name, parameter in known.items():
        if parameter.required and name not in given:
            yield Finding(
                path=(*path, "uses"), summary=f"{book.name} has to be given {name}",
                hint=f"Add {name}: under with.",
            )  # fmt: skip


def _check_value(path: Path, value: Json, parameter: Parameter, data: Fields) -> Iterator[Finding]:
    """A literal has to be a value of *parameter*; an expression, of a type that only has such."""
    try:
        sources = tuple(_sources(value))
    except TextError:
        return  # reported with every other hole that does not end
    if any(source is None for source in sources):
        yield Finding(
            path=path, summary="a runbook is given one expression, or a text without any",
            hint="Put the text together inside of it: ${{ 'zone-' + params.zone }}.",
        )  # fmt: skip
    elif not sources:
        yield from _check_literal(path, value, parameter)
    else:
        if isinstance(value, Sequence) and not isinstance(value, str):
            plain = [item for item in value if not any(True for _ in cel_text.holes(item))]
            yield from _check_literal(path, plain, parameter)
        name, declared = passed_on(value), data.get("parameters")
        if name:
            outer = declared.get(name) if isinstance(declared, Mapping) else None
            if isinstance(outer, Mapping):
                yield from _check_passed_on(path, parameter, name, outer)
        elif _is_restricted(parameter):
            yield Finding(
                path=path, summary=f"{parameter.name} is of type {parameter.type}, not any text",
                hint=f"Give a value, or a parameter of type {parameter.type}.",
            )  # fmt: skip


def passed_on(value: Json) -> str:
    """The parameter that *value* is, as it is; empty if it is anything else."""
    try:
        pieces = cel_text.split(value) if isinstance(value, str) else ()
    except TextError:
        return ""
    hole = pieces[0] if len(pieces) == 1 else None
    found = _PARAMETER.fullmatch(hole.source) if isinstance(hole, Hole) else None
    return found[1] if found else ""


def _sources(value: Json) -> Iterator[str | None]:
    """The expressions in *value*; None of a text that has other text too."""
    if isinstance(value, str):
        pieces = cel_text.split(value)
        for piece in pieces:
            if isinstance(piece, Hole):
                yield piece.source if len(pieces) == 1 else None
    elif isinstance(value, Sequence):
        for item in value:
            yield from _sources(item)


def _check_literal(path: Path, value: Json, parameter: Parameter) -> Iterator[Finding]:
    if value is None:
        return  # as if it were not there, as on the command line
    try:
        arguments.argument(parameters.conform(parameter, value))
    except (UsageError, RefusedError) as error:
        yield Finding(path=path, summary=error.summary, hint=error.hint)


def _is_restricted(parameter: Parameter) -> bool:
    """Whether not every value of its type in expressions is one of its values."""
    kinds = (ParameterType.ENUM, ParameterType.ZONE, ParameterType.ID)
    return parameter.type in kinds or bool(parameter.pattern)


def _check_passed_on(
    path: Path, parameter: Parameter, name: str, outer: Fields
) -> Iterator[Finding]:
    """A parameter of the runbook given to one of the included runbook."""
    kind = outer.get("type")
    if isinstance(kind, str) and kind in set(ParameterType):
        why = _unlike(parameter, name, ParameterType(kind), outer)
        if why:
            yield Finding(path=path, summary=why, hint="Declare both alike.")


def _unlike(parameter: Parameter, name: str, kind: ParameterType, outer: Fields) -> str:
    """Why the parameter *name* may have a value that *parameter* cannot have."""
    restricted, types = _is_restricted(parameter), parameters.CEL_TYPES
    if types[kind] != types[parameter.type] or (restricted and kind != parameter.type):
        return f"{name} is of type {kind}, {parameter.name} of type {parameter.type}"
    if parameter.pattern and outer.get("pattern") != parameter.pattern:
        return f"{parameter.name} is of the form {parameter.pattern}, {name} need not be"
    more = [one for one in texts(outer.get("choices")) if one not in parameter.choices]
    if parameter.choices and more:
        return f"{name} may be {more[0]}, which {parameter.name} cannot be"
    may_be_null = outer.get("required") is not True and outer.get("default") is None
    if may_be_null and not optional(parameter):
        return f"{name} may be nothing, which {parameter.name} cannot be"
    return ""


def optional(parameter: Parameter) -> bool:
    """Whether a parameter is null when it is not given."""
    return not parameter.required and parameter.default is None
