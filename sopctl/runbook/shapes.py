"""The types that expressions are checked against."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from sopctl.core.codec import Json

Shape: TypeAlias = Json
"""A type: text (``string``, ``int``, ``float``, ``bool``, ``list(string)``, ``map(string, int)``,
``dyn``; with ``?`` it may be null), a list with the type of its items, or a mapping of fields."""

Leaf: TypeAlias = tuple[str, str]
"""A dotted name and its type."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_PARTS: Final = 4  # a name such as facts.autoscaler.options.image has its own type


def leaves(types: Mapping[str, Shape], prefix: str = "") -> Iterator[Leaf]:
    """Every name that has a value, with its type; objects have none of their own."""
    for key, shape in types.items():
        if isinstance(shape, Mapping):
            yield from leaves(shape, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", _type(shape)


def _type(shape: Shape) -> str:
    """*shape* as the text of a type. The fields of items are looked at by item_fields."""
    if isinstance(shape, Mapping):
        return "map(string, dyn)"
    if isinstance(shape, str):
        return "dyn" if shape.endswith("?") else shape
    assert isinstance(shape, Sequence), f"{shape!r} is not a type"
    return f"list({_type(shape[0])})"


def inferred(env: Mapping[str, Json]) -> Iterator[Leaf]:
    """The names that *env* has. Lists and maps are told apart; anything else is ``dyn``."""
    for root, value in env.items():
        if root in ("steps", "gates"):
            yield root, "map(string, map(string, dyn))"
        elif isinstance(value, Mapping):
            yield from _inside(root, value)
        else:
            yield root, _kind(value)


def _inside(prefix: str, values: Mapping[str, Json]) -> Iterator[Leaf]:
    for key, value in values.items():
        if not _IDENTIFIER.fullmatch(key):
            continue
        name = f"{prefix}.{key}"
        yield name, _kind(value)
        if isinstance(value, Mapping) and name.count(".") + 1 < _MAX_PARTS:
            yield from _inside(name, value)


def _kind(value: Json) -> str:
    if isinstance(value, Mapping):
        return "map(string, dyn)"
    return "list(dyn)" if isinstance(value, Sequence) and not isinstance(value, str) else "dyn"
