"""The state of what cannot be looked at: made or not, as a check says.

An opaque action (a command, a request, a person) is a lens all the same: its one resource is what
the step is for, and the check that the step names observes it. So it is left alone where it is done
already, verified where it is not, and only what this run made is taken back. See decision 0012.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from sopctl.core.check import AnyCheck
from sopctl.core.codec import Json, decode
from sopctl.core.errors import RefusedError
from sopctl.core.resource import ABSENT, Absent, Observed, ResourceId
from sopctl.facts.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A check of the catalog by *name*, with its *params*: it holds when the step is done."""

    name: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Whether it is made, by whomever."""

    made: bool


def find(world: World, probe: Probe) -> AnyCheck:
    """The check of that name; raises RefusedError if there is none."""
    check = world.outside.checks.get(probe.name)
    if check is None:
        raise RefusedError(f"there is no check {probe.name}", hint="See `sopctl check list`.")
    return check


def observe(
    world: World, probe: Probe, ids: Sequence[ResourceId], how: Mapping[str, Json]
) -> Mapping[ResourceId, Observed[Made]]:
    """What the check says, for each of *ids* (there is one).

    *how* it is done is evidence too: whoever does it is handed that, and not the parameters.
    """
    check = find(world, probe)
    try:
        params = decode(check.params, cast("Json", probe.params))
    except TypeError as error:
        raise RefusedError(f"{probe.name}: {error}", hint="See `sopctl check show`.") from error
    verdict = check.look(world, params)
    seen = Observed(Made(made=verdict.holds), evidence={**how, "check": verdict.detail})
    return dict.fromkeys(ids, seen)


def desire(seen: Observed[Made]) -> Made | Absent:
    return ABSENT if seen.state is ABSENT else Made(made=True)


def told(probe: Probe) -> str:
    """How it is known, for the plan."""
    return f"it is done when {probe.name} holds"
