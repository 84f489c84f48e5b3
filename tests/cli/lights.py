"""Actions and checks on lamps with parameters that the runbook language can type."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sopctl.core.action import Undo
from sopctl.core.check import Check, Verdict
from sopctl.core.errors import UnreachableError
from tests.engine import toys


@dataclass(frozen=True, slots=True)
class Params:
    lit: bool = True
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckParams:
    name: str


def _bright(world, params):
    lit = world.things["lamp", params.name].value is True
    return Verdict(lit, f"lamp {params.name} is {'lit' if lit else 'dark'}")


LAMP = replace(toys.LAMPS, params=Params, settle=0.0)


def _far(world, params):
    if getattr(world, "dead", False):
        raise UnreachableError("the far end does not answer")
    return toys.LAMPS.select(world, params)


FAR = replace(LAMP, id="toy.far", select=_far)
BURN = replace(
    LAMP,
    id="toy.burn",
    undo=Undo.RESIDUE,
    effect=None,
    consent=lambda params: "ash stays behind",
)
ACTIONS = {action.id: action for action in (LAMP, BURN, FAR)}
CHECKS = {"toy.bright": Check(id="toy.bright", summary="is lit", params=CheckParams, look=_bright)}


def world(clock, lamps):
    """Dark lamps."""
    made = toys.World(clock)
    for number in range(lamps):
        made.things["lamp", f"l{number}"] = toys.Thing(False)
    return made
