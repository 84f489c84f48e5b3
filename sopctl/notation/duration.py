"""Durations as people write them: ``90s``, ``10m``, ``12h``, ``3d``."""

from __future__ import annotations

import re
from typing import Final

PATTERN: Final = r"^(0|[1-9][0-9]{0,8})(s|m|h|d)$"
HINT: Final = "Write a whole number and s, m, h or d, such as 90s, 10m, 12h or 3d."

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(PATTERN)


def seconds(text: str) -> int:
    """The seconds in *text*; raises ValueError."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a duration")
    return int(found[1]) * _SECONDS[found[2]]


def show(duration: float) -> str:
    """The shortest way to write *duration* seconds."""
    whole = round(duration)
    for unit, size in reversed(_SECONDS.items()):
        if whole and whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}s"
