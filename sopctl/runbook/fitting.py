"""Does data fit the parameters of an action or a check, and what is it then?

The types are those of a frozen dataclass: str, int, float, bool, enums, Literal, tuples, mappings,
unions, and dataclasses of them. YAML does not know whether ``123`` is an id, so that a number
where text belongs becomes its digits; nothing else is ever converted.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from sopctl.core.codec import Json, decode
from sopctl.core.errors import RefusedError, SopError
from sopctl.notation.document import Path
from sopctl.notation.finding import Finding
from sopctl.notation.suggest import did_you_mean

# What get_type_hints() gives: classes and typing's own objects, which share no type.
Annotation: TypeAlias = Any

_NAMES: Final[Mapping[Any, str]] = {
    str: "text", int: "a whole number", float: "a number", bool: "true or false",
    type(None): "nothing",
}  # fmt: skip


def origin_of(kind: Annotation) -> Annotation:
    """``tuple`` of ``tuple[str, ...]``; None of a plain class."""
    return get_origin(kind)


def params(kind: type[Any], value: Json) -> Any:  # noqa: ANN401  # the action's own type
    """*value*, in which nothing is left to resolve, as a *kind*; raises RefusedError."""
    fitted, findings = fit(kind, value)
    if findings:
        first = findings[0]
        where = ".".join(map(str, first.path))
        raise RefusedError(f"{where}: {first.summary}" if where else first.summary, hint=first.hint)
    return _construct(kind, fitted)


def fit(
    kind: type[Any], value: Json, typed: Callable[[str], str | None] = lambda _: None
) -> tuple[Json, list[Finding]]:
    """*value* as far as it fits *kind*, and what does not, with paths inside of *value*.

    *typed* says of a text that has expressions the type its value will have (``dyn``: unknown).
    """
    fitter = _Fitter(typed)
    fitted = fitter.fit(kind, value, ())
    return fitted, fitter.findings


def refusal(kind: type[Any], value: Json) -> Finding | None:
    """What *kind* itself has against a *value* that fits."""
    try:
        _construct(kind, value)
    except RefusedError as error:
        return Finding(path=(), summary=error.summary, hint=error.hint)
    return None


def _construct(kind: type[Any], value: Json) -> Any:  # noqa: ANN401  # see params
    try:
        return decode(kind, value)
    except SopError as error:
        raise RefusedError(error.summary, hint=error.hint) from error
    except (TypeError, ValueError) as error:
        raise RefusedError(str(error), hint="Correct the fields under with.") from error


@lru_cache(maxsize=256)
def _hints(kind: type[Any]) -> Mapping[str, Any]:
    return get_type_hints(kind)


class _Fitter:
    def __init__(self, typed: Callable[[str], str | None]) -> None:
        self.findings: list[Finding] = []
        self._typed = typed

    def fit(self, kind: Annotation, value: Json, path: Path) -> Json:
        if isinstance(value, str) and (found := self._typed(value)) is not None:
            if not type_fits(kind, found):
                self._wrong(path, f"the expression gives {_said(found)}, not {name_of(kind)}")
            return value
        if origin_of(kind) in (Union, types.UnionType):
            return self._union(kind, value, path)
        if dataclasses.is_dataclass(kind):
            return self._fields(kind, value, path)
        if origin_of(kind) is tuple:
            return self._items(kind, value, path)
        if _is_mapping(kind):
            return self._entries(kind, value, path)
        return self._scalar(kind, value, path)

    def _wrong(self, path: Path, summary: str, hint: str = "") -> None:
        hint = hint or "See `sopctl runbook actions` for what belongs here."
        self.findings.append(Finding(path=path, summary=summary, hint=hint))

    def _not_a(self, path: Path, kind: Annotation, value: Json) -> None:
        self._wrong(path, f"{_shown(value)} is not {name_of(kind)}", f"Write {name_of(kind)}.")

    def _union(self, kind: Annotation, value: Json, path: Path) -> Json:
        options = get_args(kind)
        for option in options:
            attempt = _Fitter(self._typed)
            fitted = attempt.fit(option, value, path)
            if not attempt.findings:
                return fitted
        real = [option for option in options if option is not type(None)]
        if len(real) == 1:
            return self.fit(real[0], value, path)
        self._not_a(path, kind, value)
        return value

    def _fields(self, kind: Annotation, value: Json, path: Path) -> Json:
        if not isinstance(value, Mapping):
            self._wrong(path, f"{_shown(value)} is not a mapping", "Write fields, one a line.")
            return value
        fields = {field.name: field for field in dataclasses.fields(kind)}
        for name in value:
            if name not in fields:
                hint = did_you_mean(name, fields, what="fields")
                self.findings.append(
                    Finding(
                        path=(*path, name), summary=f"there is no field {name}", hint=hint, key=True
                    )
                )
        for name, field in fields.items():
            optional = field.default is not dataclasses.MISSING
            optional = optional or field.default_factory is not dataclasses.MISSING
            if name not in value and not optional:
                self._wrong(path, f"{name} is missing", f"Add {name}:.")
        hints = _hints(kind)
        known = {name: item for name, item in value.items() if name in fields}
        return {name: self.fit(hints[name], item, (*path, name)) for name, item in known.items()}

    def _items(self, kind: Annotation, value: Json, path: Path) -> Json:
        if isinstance(value, str) or not isinstance(value, Sequence):
            self._wrong(path, f"{_shown(value)} is not a list", "Write a list, such as [a, b].")
            return value
        inner = get_args(kind)[0]
        return [self.fit(inner, item, (*path, index)) for index, item in enumerate(value)]

    def _entries(self, kind: Annotation, value: Json, path: Path) -> Json:
        if not isinstance(value, Mapping):
            self._wrong(path, f"{_shown(value)} is not a mapping", "Write entries, one a line.")
            return value
        inner = get_args(kind)[1]
        return {key: self.fit(inner, item, (*path, key)) for key, item in value.items()}

    def _scalar(self, kind: Annotation, value: Json, path: Path) -> Json:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if (choices := _choices(kind)) is not None:
            if value not in choices:
                hint = did_you_mean(str(value), choices, what="values")
                self._wrong(path, f"{_shown(value)} is not {name_of(kind)}", hint)
        elif kind is str and is_number:
            return repr(value)
        elif kind is float and is_number:
            return float(value) if isinstance(value, int) else value
        elif kind in _NAMES and type(value) is not kind:
            self._not_a(path, kind, value)
        return value


def type_fits(kind: Annotation, found: str) -> bool:
    """Whether an expression of the type *found* can stand where *kind* is expected."""
    if found == "dyn":
        return True
    if origin_of(kind) in (Union, types.UnionType):
        return any(type_fits(option, found) for option in get_args(kind))
    if dataclasses.is_dataclass(kind):
        return found.startswith("map(")
    if origin_of(kind) is tuple:
        return found.startswith("list(") and type_fits(get_args(kind)[0], found[5:-1])
    if _is_mapping(kind):
        return found.startswith("map(") and type_fits(
            get_args(kind)[1], found[4:-1].partition(", ")[2]
        )
    if _choices(kind) is not None or kind is str:
        return found in ("string", "int") if kind is str else found == "string"
    accepted = {int: ("int", "uint"), float: ("int", "uint", "double"), bool: ("bool",)}
    accepted[type(None)] = ("null",)
    return found in accepted.get(kind, (found,))


def name_of(kind: Annotation) -> str:
    """*kind* in words."""
    if origin_of(kind) in (Union, types.UnionType):
        return " or ".join(name_of(option) for option in get_args(kind))
    if (choices := _choices(kind)) is not None:
        return " or ".join(choices)
    if origin_of(kind) is tuple:
        return "a list"
    if dataclasses.is_dataclass(kind) or _is_mapping(kind):
        return "a mapping"
    return _NAMES.get(kind, str(kind))


def _choices(kind: Annotation) -> tuple[str, ...] | None:
    if origin_of(kind) is Literal:
        return tuple(map(str, get_args(kind)))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(str(one.value) for one in kind)
    return None


def _is_mapping(kind: Annotation) -> bool:
    origin = origin_of(kind)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _shown(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."  # noqa: PLR2004  # one line


def _said(found: str) -> str:
    words = {"string": "text", "int": "a whole number", "double": "a number", "null": "nothing"}
    words["bool"] = "true or false"
    return words.get(found, "a list" if found.startswith("list") else "a mapping")
