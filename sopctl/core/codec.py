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
from collections.abc import Hashable, Mapping, Sequence
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
    result: T = _decode(kind, data, kind.__name__)
    return result


# The value is as dynamic as the type that drives it; decode() gives it back its type.
def _decode(kind: Any, data: Any, where: str) -> Any:  # noqa: ANN401  # see above
    origin, args = get_origin(kind), get_args(kind)
    if kind is object or kind is Any:
        return data
    if origin in (Union, types.UnionType):
        return _decode_union(args, data, where)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _decode_dataclass(kind, data, where)
    if origin is tuple:
        inner = args[0] if args else Any
        return tuple(_decode(inner, item, f"{where}[{i}]") for i, item in enumerate(data))
    if origin in (dict, Mapping) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return {key: _decode(args[1], item, f"{where}.{key}") for key, item in data.items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if isinstance(kind, type) and (
        not isinstance(data, kind) or (kind is not bool and isinstance(data, bool))
    ):
        raise TypeError(f"{where}: {data!r} is not {kind.__name__}")
    return data


def _decode_union(args: tuple[Any, ...], data: Any, where: str) -> Any:  # noqa: ANN401  # see _decode
    if data is None and type(None) in args:
        return None
    for option in args:
        if option is type(None):
            continue
        try:
            return _decode(option, data, where)
        except (TypeError, ValueError, AttributeError, KeyError):
            continue
    raise TypeError(f"{where}: {data!r} fits none of {args}")


def _decode_dataclass(kind: type[Any], data: Any, where: str) -> Any:  # noqa: ANN401  # see _decode
    if not isinstance(data, Mapping):
        raise TypeError(f"{where}: {data!r} is not a mapping")
    hints, known = _fields(cast("Hashable", kind))
    if unknown := sorted(set(data) - known):
        raise TypeError(f"{where}: unknown field {', '.join(unknown)}")
    return kind(**{key: _decode(hints[key], item, f"{where}.{key}") for key, item in data.items()})


@functools.cache
def _fields(kind: Hashable) -> tuple[dict[str, Any], frozenset[str]]:
    """The types of the fields of *kind*, and which it takes; a plan has thousands of values."""
    shape = cast("type[Any]", kind)
    hints = get_type_hints(shape, localns={"Json": object})
    return hints, frozenset(f.name for f in dataclasses.fields(shape))


def canonical(value: Json) -> bytes:
    """*value* as canonical JSON bytes."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def digest(value: Json) -> str:
    """SHA-256 of the canonical bytes, hex."""
    return hashlib.sha256(canonical(value)).hexdigest()
