"""Expressions: CEL, compiled against declared types, evaluated once. The one door to the library.

The library is Google's cel-cpp (decision 0003). What it does that must not leave this module:
an error comes back as a value, whose text is truthy; reading a null drops a reference count of
None, which ends a Python 3.11 process after some thousand times; a text argument is cut at NUL;
maps have no order. So: types first, nulls never read, NUL refused, lists never made from maps.

Names: ``params.zone``, ``facts.autoscaler.discovery_keys``, ``steps['drain'].outcome``,
``gates['go'].answer``. Results are never evaluated again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError
from sopctl.runbook import arguments, cel_text, cel_words, checked_ast, item_fields
from sopctl.runbook.item_fields import UnknownField
from sopctl.runbook.shapes import Leaf, Shape, inferred, leaves

if TYPE_CHECKING:
    from types import ModuleType

# An object of the library, which has no types.
Native: TypeAlias = Any

MAX_LENGTH: Final = 4096
SHOWN: Final = 200  # characters of a text that an error repeats
_COMPLAINT = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_UNKNOWN = re.compile(r"undeclared reference to '(.*)'")
_MISFIT = re.compile(r"found no matching overload for '(.+)' applied to '(.*)'")
_TYPE = re.compile(r"\s*(?:(string|int|uint|double|float|bool|dyn)|(list|map)\s*\()\s*")
_DATA_TYPES = re.compile(r"(BOOL|INT|UINT|DOUBLE|STRING|NULL|DYN|LIST<.*>|MAP<.*>)")


class InvalidExpressionError(RefusedError):
    """An expression that cannot be compiled; *offset* is the place in its source, from 0."""

    def __init__(self, summary: str, *, offset: int = 0, hint: str = "") -> None:
        super().__init__(summary, hint=hint)
        self.offset = offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A compiled expression. *type* is that of its value, as a Shape: ``dyn`` if unknown."""

    source: str
    type: str
    names: tuple[str, ...]  # the declared names that it may read
    program: Native

    def unknown_fields(self, types: Mapping[str, Shape]) -> tuple[UnknownField, ...]:
        """The fields of items in lists that *types*, as given to compile(), do not have."""
        return tuple(item_fields.unknown(self.program.serialize(), types))

    def evaluate(self, env: Mapping[str, Json]) -> Json:
        """Its value over *env*: ``{"params": {...}, "facts": {...}}``; raises RefusedError."""
        data = {name: arguments.argument(_look_up(env, name, self.source)) for name in self.names}
        try:
            return _result(self.program.eval(data=data), self.source)
        except RuntimeError as error:  # the iteration budget
            raise _halt(self.source, _first_line(str(error))) from error


def compile(source: str, types: Mapping[str, Shape]) -> Expression:  # noqa: A001  # what it is
    """Type-check *source*; nothing is evaluated. Raises InvalidExpressionError."""
    return _compile(source, tuple(sorted(leaves(types))))


def when(source: str, env: Mapping[str, Json]) -> bool:
    """The verdict of a condition. What is not true or false halts: raises RefusedError."""
    value = _infer(source, env).evaluate(env)
    if not isinstance(value, bool):
        raise _halt(source, f"{value!r} is neither true nor false")
    return value


def data(value: Json, env: Mapping[str, Json]) -> Json:
    """*value* with every ``${{ expression }}`` in its texts replaced; raises RefusedError.

    A text that is one expression becomes its value, of whatever type; inside a text, strings,
    numbers and booleans are written out. Keys are left alone.
    """
    if isinstance(value, str):
        return _fill(value, env)
    if isinstance(value, Mapping):
        return {key: data(item, env) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [data(item, env) for item in value]
    return value


def references(source: str) -> frozenset[str]:
    """What *source* looks at, such as ``{"facts.autoscaler", "params.zone"}``."""
    return cel_text.references(source)


def references_in(value: Json) -> frozenset[str]:
    """What the expressions in the texts of *value* look at; raises RefusedError if one is open."""
    try:
        return frozenset().union(*(references(hole.source) for hole in cel_text.holes(value)))
    except cel_text.TextError as error:
        raise InvalidExpressionError(
            f"{error} in {repr(value)[:SHOWN]}", offset=error.offset
        ) from error


def _fill(text: str, env: Mapping[str, Json]) -> Json:
    try:
        pieces = cel_text.split(text)
    except cel_text.TextError as error:
        raise InvalidExpressionError(f"{error} in {text[:SHOWN]!r}", offset=error.offset) from error
    if len(pieces) == 1 and isinstance(pieces[0], cel_text.Hole):
        return _infer(pieces[0].source, env).evaluate(env)
    return "".join(piece if isinstance(piece, str) else _written(piece, env) for piece in pieces)


def _written(hole: cel_text.Hole, env: Mapping[str, Json]) -> str:
    value = _infer(hole.source, env).evaluate(env)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    raise _halt(hole.source, "only text, numbers and booleans can stand inside a text")


def _infer(source: str, env: Mapping[str, Json]) -> Expression:
    """*source* compiled against the names that *env* has: lists and maps are told apart."""
    return _compile(source, tuple(sorted(inferred(env))))


@lru_cache(maxsize=512)
def _compile(source: str, declared: tuple[Leaf, ...]) -> Expression:
    _refuse_odd_text(source)
    known = references(source)
    wanted = tuple(leaf for leaf in declared if _is_under(leaf[0], known))
    try:
        program = _environment(wanted).compile(source)
    except RuntimeError as error:
        raise _complaint(source, str(error)) from error
    kind = program.return_type().name()
    if not _DATA_TYPES.fullmatch(kind):
        raise InvalidExpressionError(
            f"the value is a {kind.lower()}, which data cannot hold",
            hint="Turn it into text with string().",
        )
    for offset in checked_ast.unordered_lists(program.serialize()):
        raise InvalidExpressionError(
            "map() and filter() make a list, and what they go over may be a map, without order",
            offset=offset,
            hint="Go over a list; all() and exists() take maps too.",
        )
    names = tuple(name for name, _ in wanted)
    return Expression(source=source, type=_shape(kind), names=names, program=program)


def _refuse_odd_text(source: str) -> None:
    if not source.strip():
        raise InvalidExpressionError("the expression is empty")
    if len(source) > MAX_LENGTH:
        raise InvalidExpressionError(f"the expression is longer than {MAX_LENGTH} characters")
    if not arguments.is_whole(source):
        raise InvalidExpressionError("the expression has a character that is not text")


def _is_under(name: str, known: frozenset[str]) -> bool:
    return any(
        name == one or name.startswith(f"{one}.") or one.startswith(f"{name}.") for one in known
    )


def _library() -> ModuleType:
    from cel_expr_python import cel  # noqa: PLC0415  # 13 ms that `--help` must not pay

    module: ModuleType = cel
    return module


@lru_cache(maxsize=64)
def _environment(declared: tuple[Leaf, ...]) -> Native:
    return _library().NewEnv(variables={name: _parse_type(shape) for name, shape in declared})


def _parse_type(text: str) -> Native:
    kind, rest = _read_type(text)
    if rest:
        raise ValueError(f"{text!r} is not a type")
    return kind


def _read_type(text: str) -> tuple[Native, str]:
    """The type at the start of *text*, and what is left of it."""
    types = _library().Type
    found = _TYPE.match(text)
    if found is None:
        raise ValueError(f"{text!r} is not a type")
    rest = text[found.end() :]
    if found[1]:
        return getattr(types, found[1].replace("float", "double").upper()), rest
    first, rest = _read_type(rest)
    if found[2] == "map":
        second, rest = _read_type(rest.lstrip().removeprefix(","))
        kind = types.Map(first, second)
    else:
        kind = types.List(first)
    if not rest.lstrip().startswith(")"):
        raise ValueError(f"{text!r} has no closing bracket")
    return kind, rest.lstrip().removeprefix(")")


def _shape(kind: str) -> str:
    return kind.lower().replace("<", "(").replace(">", ")")


def _complaint(source: str, message: str) -> InvalidExpressionError:
    """The library's first complaint, in our words and with its offset in *source*."""
    found = _COMPLAINT.search(message)
    if found is None:
        return InvalidExpressionError(f"{_first_line(message)} in {source!r}")
    line, column, text = int(found[1]), int(found[2]), found[3]
    lines = source.split("\n")
    offset = sum(len(one) + 1 for one in lines[: line - 1]) + max(0, column - 1)
    hint, text = "", text.removesuffix(" (in container '')").removeprefix("Syntax error: ")
    if unknown := _UNKNOWN.fullmatch(text):
        start = offset - len(unknown[1].rpartition(".")[0])  # the library points at the last dot
        offset = start if source.startswith(unknown[1], start) else offset
        text = f"{unknown[1]} is not known"
    elif misfit := _MISFIT.fullmatch(text):
        operator = misfit[1].strip("_").replace("_", " ")
        text = f"{operator} does not work on {misfit[2]}"
    else:
        text, hint = cel_words.syntax(text)
    return InvalidExpressionError(text, offset=min(offset, len(source)), hint=hint)


def _first_line(message: str) -> str:
    return message.splitlines()[0].split(": ", 1)[-1].split(" [")[0]


def _halt(source: str, why: str) -> RefusedError:
    return RefusedError(
        f"the expression {source!r} has no value: {why}",
        hint="Correct the runbook; an error is never taken for false.",
    )


def _look_up(env: Mapping[str, Json], name: str, source: str) -> Json:
    value: Json = env
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise _halt(source, f"{name} is not known")
        value = value[part]
    return value


def _result(value: Native, source: str) -> Json:
    """A value of the library as JSON. The type decides; a null is never read."""
    kind = value.type().name()
    if kind == "NULL":
        return None
    if kind in ("BOOL", "INT", "UINT", "STRING"):
        plain: Json = value.value()
        return plain
    if kind == "DOUBLE":
        return _finite(value.value(), source)
    if kind.startswith("LIST"):
        return [_result(item, source) for item in value.value()]
    if kind.startswith("MAP"):
        return _mapping(value.value(), source)
    why = _first_line(str(value.value())) if kind == "ERROR" else f"it is a {kind.lower()}"
    raise _halt(source, why)


def _finite(number: float, source: str) -> float:
    if not math.isfinite(number):
        raise _halt(source, f"{number} is not a number that data can hold")
    return number


def _mapping(items: Mapping[Native, Native], source: str) -> dict[str, Json]:
    if not all(isinstance(key, str) for key in items):
        raise _halt(source, "a map has a key that is not text")
    return {key: _result(items[key], source) for key in sorted(items)}
