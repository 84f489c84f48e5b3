"""The types that expressions are checked against."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from sopctl.core.codec import Json

Shape: TypeAlias = "str | Mapping[str, Shape]"
"""A type as text (``string``, ``list(string)``, ``map(string, int)``, ``dyn``), or an object."""

Leaf: TypeAlias = tuple[str, str]
"""A dotted name and its type."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_PARTS: Final = 4  # a name such as facts.autoscaler.options.image has its own type


def leaves(types: Mapping[str, Shape], prefix: str = "") -> Iterator[Leaf]:
    """Every name that has a value, with its type."""
    for key, shape in types.items():
        if isinstance(shape, str):
            yield f"{prefix}{key}", shape
        else:
            yield from leaves(shape, f"{prefix}{key}.")


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
