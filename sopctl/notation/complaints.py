"""What pydantic found wrong, in sopctl's words."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from sopctl.core.codec import Json
from sopctl.notation.document import Path
from sopctl.notation.finding import Finding
from sopctl.notation.suggest import did_you_mean

# What pydantic gives as annotations: classes and typing's own objects, which share no type.
Annotation: TypeAlias = Any

_KINDS = {
    "string_type": ("text", "Put the value in quotes."),
    "bool_type": ("true or false", "Write true or false, without quotes."),
    "int_type": ("a whole number", "Write digits only, without quotes."),
    "tuple_type": ("a list", "Write a list, such as [a, b]."),
    "dict_type": ("a mapping", "Write fields, one a line, indented."),
    "model_type": ("a mapping", "Write fields, one a line, indented."),
    "model_attributes_type": ("a mapping", "Write fields, one a line, indented."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What one kind of file calls things.

    *shape* is its model; *patterns* say of a regular expression what it stands for, and a hint;
    *instead* says of fields that people look for, and that are not there on purpose, what to write.
    """

    shape: type[BaseModel]
    patterns: Mapping[str, tuple[str, str]]
    instead: Mapping[str, str] = field(default_factory=dict)


def findings(error: ValidationError, data: Json, words: Words) -> Iterator[Finding]:
    """Each complaint, once, at the field it is about."""
    for detail in error.errors(include_url=False, include_input=True):
        path: Path = tuple(detail["loc"])
        if path and path[-1] == "[key]":
            yield _finding(detail, path[:-1], path[-2], words, key=True)
        elif detail["type"] != "too_short" or not _filled(data, path):
            yield _finding(detail, path, detail["input"], words, key=False)


def _finding(
    detail: ErrorDetails, path: Path, value: object, words: Words, *, key: bool
) -> Finding:
    kind, name = detail["type"], path[-1] if path else "the file"
    if isinstance(name, int):
        name = f"entry {name + 1} of {path[-2]}"
    context: Mapping[str, Any] = detail.get("ctx", {})
    if kind == "missing":
        return Finding(path=path[:-1], summary=f"{name} is missing", hint=f"Add {name}:.")
    if kind == "extra_forbidden":
        hint = words.instead.get(str(name)) or did_you_mean(
            str(name), _fields_at(words.shape, path[:-1]), what="fields"
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


def _fields_at(shape: type[BaseModel], path: Path) -> tuple[str, ...]:
    """The names of the fields that a mapping at *path* can have."""
    kind: Annotation = shape
    for part in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            by_name = {_name(name, field): field for name, field in kind.model_fields.items()}
            kind = _bare(by_name[str(part)].annotation)
        else:
            kind = _bare(get_args(kind)[1 if _origin(kind) is dict else 0])
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return tuple(_name(name, field) for name, field in kind.model_fields.items())
    return ()


def _name(name: str, field: FieldInfo) -> str:
    return field.alias or name


def _origin(kind: Annotation) -> Annotation:
    return get_origin(kind)


def _bare(kind: Annotation) -> Annotation:
    """*kind* without ``| None``."""
    if _origin(kind) in (Union, types.UnionType):
        return _bare(next(one for one in get_args(kind) if one is not type(None)))
    return kind
