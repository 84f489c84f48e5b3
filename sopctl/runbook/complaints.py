"""What pydantic found wrong, in sopctl's words."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from sopctl.core.codec import Json
from sopctl.runbook import duration
from sopctl.runbook.document import Path
from sopctl.runbook.fitting import Annotation, origin_of
from sopctl.runbook.model import DAY, NAME, PARAMETER_NAME, STEP_ID, STEP_NAME, RunbookShape
from sopctl.runbook.rules import Finding
from sopctl.runbook.suggest import did_you_mean

_KINDS = {
    "string_type": ("text", "Put the value in quotes."),
    "bool_type": ("true or false", "Write true or false, without quotes."),
    "int_type": ("a whole number", "Write digits only, without quotes."),
    "tuple_type": ("a list", "Write a list, such as [a, b]."),
    "dict_type": ("a mapping", "Write fields, one a line, indented."),
    "model_type": ("a mapping", "Write fields, one a line, indented."),
    "model_attributes_type": ("a mapping", "Write fields, one a line, indented."),
}
# Fields that people look for and that are not there on purpose.
_INSTEAD = {
    "until": "Write check: with wait: 10m, which asks again until it holds.",
}
_PATTERNS = {
    duration.PATTERN: ("a duration", duration.HINT),
    DAY: ("a date", "Write the day, such as 2026-11-22."),
    NAME: ("a name", "Use lower-case letters, digits, dots, dashes; at most 64."),
    PARAMETER_NAME: ("a parameter name", "Use lower-case letters, digits and _; a letter first."),
    STEP_ID: ("an id", "Use lower-case letters, digits, - and _; a letter first."),
    STEP_NAME: ("the id of a step", "Use ids, and STEP.ID for those of an included runbook."),
}


def findings(
    error: ValidationError,
    data: Json,
    root: type[BaseModel] = RunbookShape,
    patterns: Mapping[str, tuple[str, str]] | None = None,
) -> Iterator[Finding]:
    """Each complaint, once, at the field it is about.

    *root* is the shape that the data should have, *patterns* what its own patterns stand for.
    """
    words = _Words(root, {**_PATTERNS, **(patterns or {})})
    for detail in error.errors(include_url=False, include_input=True):
        path: Path = tuple(detail["loc"])
        if path and path[-1] == "[key]":
            yield _finding(words, detail, path[:-1], path[-2], key=True)
        elif detail["type"] != "too_short" or not _filled(data, path):
            yield _finding(words, detail, path, detail["input"], key=False)


@dataclass(frozen=True, slots=True)
class _Words:
    """What a kind of file has: the shape of the whole, and what its patterns stand for."""

    root: type[BaseModel]
    patterns: Mapping[str, tuple[str, str]]


def _finding(
    words: _Words, detail: ErrorDetails, path: Path, value: object, *, key: bool
) -> Finding:
    kind, name = detail["type"], path[-1] if path else "the file"
    if isinstance(name, int):
        name = f"entry {name + 1} of {path[-2]}"
    context: Mapping[str, Any] = detail.get("ctx", {})
    if kind == "missing":
        return Finding(path=path[:-1], summary=f"{name} is missing", hint=f"Add {name}:.")
    if kind == "extra_forbidden":
        hint = _INSTEAD.get(str(name)) or did_you_mean(
            str(name), _fields_at(words.root, path[:-1]), what="fields"
        )
        return Finding(path=path, summary=f"there is no field {name}", hint=hint, key=True)
    if kind in _KINDS:
        what, hint = _KINDS[kind]
        return Finding(path=path, summary=f"{name} is not {what}", hint=hint)
    if kind == "string_pattern_mismatch":
        what, hint = words.patterns[context["pattern"]]
        shown = f"{value!r} is not {what}" if key else f"{name}: {value!r} is not {what}"
        return Finding(path=path, summary=shown, hint=hint, key=key)
    if kind in ("enum", "literal_error"):
        known = [one.strip("' ") for one in context["expected"].replace(" or ", ", ").split(",")]
        hint = did_you_mean(str(value), known, what="values")
        return Finding(path=path, summary=f"{name} cannot be {value!r}", hint=hint)
    if kind == "greater_than_equal":
        least = context["ge"]
        return Finding(
            path=path, summary=f"{name} is {value}, less than {least}",
            hint=f"Write {least} or more.",
        )  # fmt: skip
    if kind == "less_than_equal":
        most = context["le"]
        return Finding(
            path=path, summary=f"{name} is {value}, more than {most}", hint=f"Write {most} or less."
        )
    if kind == "too_short":
        return Finding(path=path, summary=f"{name} is empty", hint="Add an entry.")
    message = detail["msg"].removeprefix("Input ").replace("should be", "has to be")
    return Finding(path=path, summary=f"{name}: {message[:1].lower()}{message[1:]}", hint="")


def _filled(data: Json, path: Path) -> bool:
    """Whether the list at *path* has entries: then each wrong one was reported already."""
    value: Json = data
    for part in path:
        if isinstance(value, Mapping) and isinstance(part, str):
            value = value.get(part)
        elif isinstance(value, Sequence) and isinstance(part, int):
            value = value[part]
    return isinstance(value, Sequence) and bool(value)


def _fields_at(root: type[BaseModel], path: Path) -> tuple[str, ...]:
    """The names of the fields that a mapping at *path* can have."""
    kind: Annotation = root
    for part in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            by_name = {_name(name, field): field for name, field in kind.model_fields.items()}
            kind = _bare(by_name[str(part)].annotation)
        else:
            kind = _bare(get_args(kind)[1 if origin_of(kind) is dict else 0])
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return tuple(_name(name, field) for name, field in kind.model_fields.items())
    return ()


def _name(name: str, field: FieldInfo) -> str:
    return field.alias or name


def _bare(kind: Annotation) -> Annotation:
    """*kind* without ``| None``."""
    if origin_of(kind) in (Union, types.UnionType):
        return _bare(next(one for one in get_args(kind) if one is not type(None)))
    return kind
