"""Dotted paths into objects: ``spec.taints[0].key``, ``metadata.labels[a.b/c]``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sopctl.core.codec import Json

_PART = re.compile(r"\.?([^.\[\]]+)|\[([^\[\]]+)\]")


class MissingError(Exception):
    """There is nothing at the path; the text says from where on."""


def parsed(path: str) -> tuple[str | int, ...]:
    """The parts of *path*; a number in brackets is an index. Raises ValueError."""
    parts: list[str | int] = []
    position = 0
    while position < len(path):
        found = _PART.match(path, position)
        if found is None or (position == 0 and path.startswith(".")):
            raise ValueError(f"{path!r} is not a path: look at {path[position:]!r}")
        plain, bracket = found.groups()
        parts.append(plain if plain is not None else int(bracket) if bracket.isdigit() else bracket)
        position = found.end()
    return tuple(parts)


def at(value: Json, path: str) -> Json:
    """What is at *path* of *value*; raises MissingError."""
    found = value
    for part in parsed(path):
        if isinstance(found, Mapping) and str(part) in found:
            found = found[str(part)]
        elif (
            isinstance(found, Sequence)
            and not isinstance(found, str)
            and isinstance(part, int)
            and part < len(found)
        ):
            found = found[part]
        else:
            raise MissingError(f"there is no {part}")
    return found
