"""What became different about the target while a run was quiet."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TypeAlias

from sopctl.core.clock import Clock
from sopctl.core.codec import Json, encode
from sopctl.core.errors import SopError
from sopctl.engine.ports import Facts
from sopctl.engine.state import RunState

Difference: TypeAlias = tuple[str, Json, Json]
"""Name, then, now."""

FACTS_LAST = 600.0  # seconds of the target's clock


def moved(state: RunState, clock: Clock, facts: Facts) -> list[Difference]:
    """The facts the plan of *state* stood on that are different now.

    Only of a run that has been quiet for a while; a fact that cannot be read is left out.
    """
    assert state.plan is not None
    assert state.last is not None
    if (clock.now() - state.last).total_seconds() < FACTS_LAST:
        return []
    found: list[Difference] = []
    for name, then in state.plan.facts.items():
        with suppress(SopError):
            found += differences(f"facts.{name}", then, facts.read(name))
    return found


def differences(name: str, then: Json, now: Json) -> list[Difference]:
    """Where two facts differ: field by field in mappings, whole otherwise."""
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        keys = sorted({*then, *now})
        each = (differences(f"{name}.{key}", then.get(key), now.get(key)) for key in keys)
        return [row for rows in each for row in rows]
    return [] if encode(then) == encode(now) else [(name, then, now)]
