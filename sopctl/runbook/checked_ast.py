"""What the compiled form of an expression says that the library does not.

The library hands out a checked expression only as protobuf bytes. The few fields needed here are
read straight from the wire, without a protobuf runtime. Source of the field numbers:
https://github.com/google/cel-spec/tree/master/proto/cel/expr (checked.proto, syntax.proto).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_VARINT: Final = 0
_BYTES: Final = 2
_FIXED: Final = {1: 8, 5: 4}  # wire type: width in bytes

_LIST_TYPE: Final = 6  # in Type
_COMPREHENSION: Final = 9  # in Expr
_LIST: Final = 7  # in Expr
# The fields that hold an Expr, by the field of Expr they are inside of.
_CHILDREN: Final = {5: (1,), 6: (1, 3), _LIST: (1,), _COMPREHENSION: (2, 4, 5, 6, 7)}
_STRUCT: Final = 8
_ENTRIES: Final = 2  # in CreateStruct
_TYPE_MAP, _EXPR, _SOURCE_INFO = 3, 4, 5  # in CheckedExpr
_POSITIONS: Final = 4  # in SourceInfo
_MORE: Final = 0x80  # in a byte of a varint


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message: *value* of a number, *data* of anything else."""

    number: int
    value: int
    data: bytes


def unordered_lists(serialized: bytes) -> tuple[int, ...]:
    """Where (offsets in the source) a list is made by going over what may be a map.

    The order in which the library goes over a map differs between processes, so such a list, and
    with it the hash of a plan, would too.
    """
    types = {}
    for entry in (
        list(fields(one.data)) for one in _checked(serialized) if one.number == _TYPE_MAP
    ):
        kind = list(fields(_only(entry, 2)))
        types[_number(entry, 1)] = kind[0].number if kind else 0
    places = positions(serialized)
    ranges = _ranges(expression(serialized))
    return tuple(places.get(range_, 0) for range_ in ranges if types.get(range_) != _LIST_TYPE)


def expression(serialized: bytes) -> bytes:
    """The Expr in what the library hands out."""
    return _only(_checked(serialized), _EXPR)


def positions(serialized: bytes) -> dict[int, int]:
    """Where each part of the expression is in its source, by the id of the part."""
    found = {}
    for field in fields(_only(_checked(serialized), _SOURCE_INFO)):
        if field.number == _POSITIONS:
            entry = list(fields(field.data))
            found[_number(entry, 1)] = _number(entry, 2)
    return found


def _checked(serialized: bytes) -> list[Field]:
    return list(fields(_only(list(fields(serialized)), 2)))  # google.protobuf.Any.value


def _ranges(message: bytes) -> Iterator[int]:
    """The ids of what the macros that make lists (map, filter) go over."""
    for field in fields(message):
        if field.number == _STRUCT:
            for entry in (one for one in fields(field.data) if one.number == _ENTRIES):
                yield from _nested(entry.data, (3, 4))
        elif field.number in _CHILDREN:
            yield from _nested(field.data, _CHILDREN[field.number])
        if field.number == _COMPREHENSION:
            parts = list(fields(field.data))
            start = fields(_only(parts, 4))  # accu_init: an empty list for map and filter
            if any(one.number == _LIST for one in start):
                yield _number(list(fields(_only(parts, 2))), 2)


def _nested(message: bytes, numbers: tuple[int, ...]) -> Iterator[int]:
    for field in fields(message):
        if field.number in numbers:
            yield from _ranges(field.data)


def _only(fields: list[Field], number: int) -> bytes:
    return next((field.data for field in fields if field.number == number), b"")


def _number(fields: list[Field], number: int) -> int:
    return next((field.value for field in fields if field.number == number), 0)


def fields(message: bytes) -> Iterator[Field]:
    """The fields of a message. Source: https://protobuf.dev/programming-guides/encoding/."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(message, at)
            yield Field(number, value, b"")
        elif wire == _BYTES:
            size, at = _varint(message, at)
            yield Field(number, 0, message[at : at + size])
            at += size
        else:
            at += _FIXED[wire]


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < _MORE:
            return value, at
