"""Cases that are played at once, where one play shows as much as many.

A read that is only asked again leads back to the undisturbed course, so several of them are struck
in one play; if that ends in any other way than well, each has a play of its own. And a process that
dies leaves nothing but what is durable: all calls between two changes are one moment to die before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from sopctl.app.trials.faults.disturbed import Verdict
from sopctl.app.trials.faults.matrix import Charted, Fault, Lab
from sopctl.app.trials.faults.tap import Kind

MOST: Final = 8  # faults of one play
_ASKED_AGAIN: Final = (Kind.THROTTLE, Kind.LOST_REPLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """*alike*: what becomes of the first becomes of all; else all strike in one play."""

    faults: tuple[Fault, ...]
    alike: bool = False


def single(faults: Iterable[Fault]) -> list[Bundle]:
    """Each fault in a play of its own."""
    return [Bundle(faults=(each,)) for each in faults]


def bundled(faults: Iterable[Fault]) -> list[Bundle]:
    """All of *faults*, in as few plays as show the same."""
    alone: list[Fault] = []
    passing: dict[Hashable, list[list[Fault]]] = defaultdict(list)
    moments: dict[Hashable, list[Fault]] = defaultdict(list)
    for each in faults:
        if _passes(each):
            some = passing[each.piece, each.kind, each.name.asked_once]
            _room(some, each).append(each)
        elif each.kind is Kind.CRASH:
            moments[each.piece, each.name.moment].append(each)
        else:
            alone.append(each)
    found = [Bundle(faults=tuple(each)) for some in passing.values() for each in some]
    found += [Bundle(faults=tuple(some), alike=True) for some in moments.values()]
    return found + single(alone)


def _room(some: list[list[Fault]], fault: Fault) -> list[Fault]:
    """The first of *some* with room: of equal calls each takes one, for the next repeats it."""
    for each in some:
        if len(each) < MOST and all(fault.name.what != one.name.what for one in each):
            return each
    some.append([])
    return some[-1]


def play(lab: Lab, charted: Charted, bundle: Bundle) -> list[Verdict]:
    """A verdict for each fault of *bundle*; what one play does not clear has one of its own."""
    first, *more = bundle.faults
    found = lab.disturb(charted, first, *(() if bundle.alike else more))
    if not more:
        return [found]
    return [
        replace(found, name=each.name)
        if not found.wrong and each.name not in found.missed
        else lab.disturb(charted, each)
        for each in bundle.faults
    ]


def _passes(fault: Fault) -> bool:
    """Whether the process is as it would have been, once the call was answered after all."""
    if fault.name.asked_once:
        return True
    return fault.kind in _ASKED_AGAIN and not fault.name.mutating
