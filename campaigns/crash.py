"""Dies at every point of a run, at pairs and triples of them, and while everything else goes wrong.

The world has three steps, in batches of three, with an effect that is watched in the background;
calls are refused and replies lost, and somebody else writes. After each death another process goes
on; then a person may want everything back. What has to hold is in ``tests.engine.loops``.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from functools import cache

from campaigns.frame import Campaign, Played, command
from sopctl.engine.leg import Done
from sopctl.engine.state import RunEnd
from tests.engine.loops import Points, Trial, die, expire, paused, trial, undisturbed

Case = tuple[int, bool, bool, list[int], int]  # seed, rough, back, deaths, meddled at (-1: never)
FEW = 3


@cache
def total(*, rough: bool) -> int:
    """How many points an undisturbed process passes."""
    t, points = trial(rough=rough, steps=3), Points()
    t.once(points)
    return len(points.names)


def cases(seed: int) -> Iterator[Case]:
    """Every single death in every setting, every pair, and then deaths by chance without end."""
    for rough in (False, True):
        places = range(total(rough=rough))
        for back in (False, True):
            for place in places:
                yield seed, rough, back, [place], -1
                yield seed, rough, back, [place], (place * 7) % len(places)
        for first in places:
            for second in places:
                yield seed, rough, False, [first, second], -1
    dice = random.Random(seed)
    while True:
        rough = dice.choice([False, True])
        most = total(rough=rough)
        deaths = [dice.randrange(most) for _ in range(dice.randint(2, 5))]
        meddled = dice.choice([-1, dice.randrange(most)])
        yield seed, rough, dice.choice([False, True]), deaths, meddled


def play(case: Case) -> Played:
    """Die, go on, and end."""
    _, rough, back, deaths, meddled = case
    t = trial(rough=rough, steps=3)
    cells = []
    for number, place in enumerate(deaths):
        points = Points(at={place: die})
        if number == 0 and meddled >= 0:
            points.at.setdefault(meddled, _meddle(t))
        if t.once(points) is not None:
            break
        cells.append(f"{_what(points.names[-1])}, {'rough' if rough else 'plain'}")
        expire(t)
    if back:
        t.turn_back()
    try:
        end = t.finish()
    except AssertionError as error:
        return Played(tuple(cells), f"{error}")
    return Played(tuple(cells), "; ".join(_wrong(t, end, back=back, meddled=meddled >= 0)))


def _meddle(t: Trial) -> object:
    return paused(t, lambda: t.b.world.meddle("lamp", "l3", "somebody's"))


def _wrong(t: Trial, end: Done, *, back: bool, meddled: bool) -> list[str]:
    found = list(undisturbed(t, end.outcome)) if not meddled else list(t.problems())
    if not back and not meddled and end != Done(RunEnd.DONE):
        found.append(f"it ended {end.outcome}")
    if end == Done(RunEnd.UNDONE) and not meddled and t.b.snapshot() != t.before:
        found.append("it is not as before")
    return found


def _what(point: str) -> str:
    """The kind of a point: ``wire lamp l0`` is one for all lamps."""
    words = point.split()
    return " ".join(words[:FEW] if words[0] in ("before", "after") else words[:2])


CAMPAIGN = Campaign(name="crash", cases=cases, play=play)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
