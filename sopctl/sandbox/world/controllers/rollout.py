"""How far a rolling update may leave the wanted number of pods."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sopctl.sandbox.world.ports import Obj


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How many pods a rolling update may have above and below the wanted number."""

    surge: int
    unavailable: int


def bounds(spec: Obj) -> Bounds:
    """Resolve maxSurge (rounded up) and maxUnavailable (rounded down); never both zero."""
    rolling = (spec.get("strategy") or {}).get("rollingUpdate") or {}
    replicas = spec.get("replicas", 1)
    surge = share(rolling.get("maxSurge", "25%"), replicas, up=True)
    unavailable = share(rolling.get("maxUnavailable", "25%"), replicas, up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Bounds(surge=surge, unavailable=min(unavailable, replicas))


def share(value: int | str, total: int, *, up: bool) -> int:
    """Resolve an int-or-percent of a total."""
    if isinstance(value, int):
        return value
    exact = int(value.rstrip("%")) * total / 100
    return math.ceil(exact) if up else math.floor(exact)
