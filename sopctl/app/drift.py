"""What became different about the target while a run was quiet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import TypeAlias

from sopctl.core.clock import Clock
from sopctl.core.codec import Json, encode
from sopctl.core.errors import SopError
from sopctl.core.resource import ResourceId
from sopctl.engine.ports import Facts
from sopctl.engine.state import RunState

Difference: TypeAlias = tuple[str, Json, Json]
"""Name, then, now."""

_Path: TypeAlias = tuple[str, ...]

FACTS_LAST = 600.0  # seconds of the target's clock


def moved(state: RunState, clock: Clock, facts: Facts) -> list[Difference]:
    """The facts the plan of *state* stood on that are different now, and not by this very run.

    Only of a run that has been quiet for a while; a fact that cannot be read is left out.
    """
    assert state.plan is not None
    assert state.last is not None
    if (clock.now() - state.last).total_seconds() < FACTS_LAST:
        return []
    ours = {item.resource for work in state.works for item in work.touched}
    found: list[Difference] = []
    for name, then in state.plan.facts.items():
        with suppress(SopError):
            found += differences(f"facts.{name}", then, facts.read(name), ours)
    return found


def differences(
    name: str, then: Json, now: Json, ours: Collection[ResourceId] = ()
) -> list[Difference]:
    """Where two facts differ: field by field in mappings, by name in lists, whole otherwise.

    What a run did to the resources *ours* itself is no difference.
    """
    return [
        (".".join(path), one, other)
        for path, one, other in _walk((name,), encode(then), encode(now))
        if not _by_us(path, one, other, ours)
    ]


def _walk(path: _Path, then: Json, now: Json) -> Iterator[tuple[_Path, Json, Json]]:
    then, now = _by_name(then), _by_name(now)
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for key in sorted({*then, *now}):
            yield from _walk((*path, key), then.get(key), now.get(key))
    elif then != now:
        yield path, then, now


def _by_name(value: Json) -> Json:
    """A list of things with names of their own, as a mapping; anything else as it is."""
    if not isinstance(value, list) or not value:
        return value
    named = {
        str(each["name"]): each for each in value if isinstance(each, Mapping) and "name" in each
    }
    return dict(named) if len(named) == len(value) else value


def _by_us(path: _Path, then: Json, now: Json, ours: Collection[ResourceId]) -> bool:
    if any(each.name in path and (not each.part or each.part in path) for each in ours):
        return True
    if not (isinstance(then, list) and isinstance(now, list)):
        return False
    moved = [each for each in (*then, *now) if (each in then) != (each in now)]
    return bool(moved) and {str(each) for each in moved} <= {each.name for each in ours}
