"""Frozen values to JSON and back, and the one canonical way to write JSON down.

Canonical: sorted keys, ``,`` and ``:`` as separators, UTF-8, no NaN. Two equal values have equal
bytes, so that hashes mean something.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import types
from collections.abc import Callable, Hashable, Mapping, Sequence
from enum import Enum
from typing import Any, TypeAlias, TypeVar, Union, cast, get_args, get_origin, get_type_hints

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"

T = TypeVar("T")


def encode(value: object) -> Json:
    """A frozen value as JSON; enums by value, tuples as lists, ``None`` kept."""
    if isinstance(value, Enum):
        return encode(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if dataclasses.is_dataclass(value):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [encode(item) for item in items]
    raise TypeError(f"{type(value).__name__} has no JSON form")


def decode(kind: type[T], data: Json) -> T:
    """The inverse of :func:`encode` for the type *kind*; raises TypeError, naming the field."""
    try:
        result: T = _decoder(kind)(data)
    except _MisfitError as error:
        raise TypeError(f"{kind.__name__}{error.where}: {error.text}") from error
    return result


# The value is as dynamic as the type that drives it; decode() gives it back its type.
_Decoder: TypeAlias = Callable[[Any], Any]


class _MisfitError(TypeError):
    """*where* is put together on the way out: a plan has thousands of values, and all fit."""

    def __init__(self, text: str, where: str = "") -> None:
        super().__init__(text)
        self.text, self.where = text, where

    def under(self, part: str) -> _MisfitError:
        return _MisfitError(self.text, part + self.where)


def _decoder(kind: Any) -> _Decoder:  # noqa: ANN401  # see above
    """What decodes *kind*. Kept with the fields it is for: ``A | B`` equals ``B | A``."""
    origin, args = get_origin(kind), get_args(kind)
    if kind is object or kind is Any:
        return _as_it_is
    if origin in (Union, types.UnionType):
        return functools.partial(_union, tuple(map(_option, args)), args)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return functools.partial(_dataclass, kind)
    if origin is tuple:
        return functools.partial(_items, _decoder(args[0]) if args else _as_it_is)
    if origin in (dict, Mapping) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return functools.partial(_values, _decoder(args[1]))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    return functools.partial(_plain, kind) if isinstance(kind, type) else _as_it_is


def _as_it_is(data: Any) -> Any:  # noqa: ANN401  # see above
    return data


def _plain(kind: type[Any], data: Any) -> Any:  # noqa: ANN401  # see above
    if type(data) is kind:
        return data
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        try:
            return float(data)
        except OverflowError as error:
            raise _MisfitError("the number is too large") from error
    if not isinstance(data, kind) or (kind is not bool and isinstance(data, bool)):
        raise _MisfitError(f"{data!r} is not {kind.__name__}")
    return data


def _items(inner: _Decoder, data: Any) -> tuple[Any, ...]:  # noqa: ANN401  # see above
    found = []
    for index, item in enumerate(data):
        try:
            found.append(inner(item))
        except _MisfitError as error:
            raise error.under(f"[{index}]") from error
    return tuple(found)


def _values(inner: _Decoder, data: Any) -> dict[str, Any]:  # noqa: ANN401  # see above
    if not isinstance(data, Mapping):
        raise _MisfitError(f"{data!r} is not a mapping")
    found = {}
    for key, item in data.items():
        try:
            found[key] = inner(item)
        except _MisfitError as error:
            raise error.under(f".{key}") from error
    return found


def _option(kind: Any) -> _Decoder | None:  # noqa: ANN401  # see above
    return None if kind is type(None) else _decoder(kind)


def _union(options: Sequence[_Decoder | None], args: Sequence[Any], data: Any) -> Any:  # noqa: ANN401  # see above
    if data is None and None in options:
        return None
    for option in options:
        if option is None:
            continue
        try:
            return option(data)
        except (TypeError, ValueError, AttributeError, KeyError):
            continue
    raise _MisfitError(f"{data!r} fits none of {tuple(args)}")


def _dataclass(kind: type[Any], data: Any) -> Any:  # noqa: ANN401  # see above
    if not isinstance(data, Mapping):
        raise _MisfitError(f"{data!r} is not a mapping")
    fields = _fields(cast("Hashable", kind))
    if not data.keys() <= fields.keys():
        unknown = sorted(data.keys() - fields.keys())
        raise _MisfitError(f"unknown field {', '.join(unknown)}")
    found = {}
    for key, item in data.items():
        try:
            found[key] = fields[key](item)
        except _MisfitError as error:
            raise error.under(f".{key}") from error
    return kind(**found)


@functools.cache
def _fields(kind: Hashable) -> dict[str, _Decoder]:
    """What decodes each field of *kind*; made when first needed, for a kind may contain itself."""
    shape = cast("type[Any]", kind)
    hints = get_type_hints(shape, localns={"Json": object})
    return {field.name: _decoder(hints[field.name]) for field in dataclasses.fields(shape)}


def canonical(value: Json) -> bytes:
    """*value* as canonical JSON bytes."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(value: Json) -> str:
    """SHA-256 of the canonical bytes, hex."""
    return hashlib.sha256(canonical(value)).hexdigest()
