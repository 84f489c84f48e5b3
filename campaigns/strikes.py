"""Real processes struck where their engine passes: killed, stopped, left without a terminal.

A case strikes a run, a roll back, a resume, a takeover or a roll back on another machine of a small
runbook: see ``campaigns.course``. Beside what has to hold there, who was asked to stop recorded it,
left nothing in flight, and ended as is documented.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Iterator
from itertools import cycle
from typing import Final

from campaigns.course import PLACES, Course, last, played
from campaigns.frame import Campaign, Played, command
from campaigns.stricken import NOWHERE, Place, Ride, kind_of
from sopctl.core.clock import SystemClock

Case = tuple[str, str, str, int]  # the command, the strike, the kind of place, and which of them
CLOCK: Final = SystemClock()
RATE: Final = 60  # seconds of the world in one of ours
NAP: Final = 1.5  # seconds: a minute and a half of the world, three times what a lease lasts
ASKED: Final = {
    "interrupted": (signal.SIGINT,),
    "interrupted twice": (signal.SIGINT, signal.SIGINT),
    "terminated": (signal.SIGTERM,),
    "hung up": (signal.SIGHUP,),
}
OTHER: Final = ("interrupted thrice", "asleep", "overtaken", "terminal closed", "pipe closed")
STRIKES: Final = (*ASKED, *OTHER)
KILLED: Final = "killed"


def cases(seed: int) -> Iterator[Case]:
    """Kills at each kind of place in turn, and between them everything else; without end."""
    dice = random.Random(seed)
    kills = [(name, kind) for name, kinds in PLACES.items() for kind in kinds]
    dice.shuffle(kills)
    others = [(name, strike) for name in PLACES for strike in STRIKES]
    dice.shuffle(others)
    for (name, kind), (other, strike) in zip(cycle(kills), cycle(others), strict=False):
        yield name, KILLED, kind, dice.randrange(4)
        yield other, strike, dice.choice(PLACES[other]), dice.randrange(4)


def play(case: Case) -> Played:
    """Strike, finish, take back, and look."""
    return played(RATE, case, _struck)


def _struck(course: Course, case: Case, cells: list[str]) -> list[str]:
    """What is wrong with one case; *cells* says what it covered."""
    name, strike, kind, nth = case
    course.prepare(name)
    ride, point = course.ride(name, Place(kind, nth), terminal=strike == "terminal closed")
    if point:
        cells += [strike, f"{name}, {strike}", f"{name}, {strike} {kind_of(point)}"]
        course.write_too()
        _strike(course, ride, strike)
    ride.end()
    found = course.looked_at(ride)
    if ride.code not in _may_end_with(strike if point else ""):
        found.append(f"it ended with {ride.code}: {last(ride)}")
    if sleeping := course.sleeping:
        os.kill(sleeping.pid, signal.SIGCONT)
        sleeping.go_on()
        found += [f"who slept: {each}" for each in course.looked_at(sleeping.end())]
    if point and (strike in ASKED or strike == "terminal closed"):
        found += course.left_open()
    return found + course.taken_back()


def _strike(course: Course, ride: Ride, strike: str) -> None:
    """Do it, and let the engine go on where there is still one."""
    if strike == KILLED:
        os.kill(ride.pid, signal.SIGKILL)
        return
    if strike in ASKED or strike == "interrupted thrice":
        for number in ASKED.get(strike, (signal.SIGINT,) * 3):
            os.kill(ride.pid, number)
            CLOCK.sleep(0.05)  # two of a kind that wait are one
    elif strike in {"asleep", "overtaken"}:
        os.kill(ride.pid, signal.SIGSTOP)
        if strike == "overtaken":
            course.ride("takeover", NOWHERE)
        else:
            CLOCK.sleep(NAP)
        os.kill(ride.pid, signal.SIGCONT)
    else:
        ride.hear_no_more()
    ride.go_on()


def _may_end_with(strike: str) -> set[int | None]:
    """The exit codes that are documented for it."""
    may: dict[str, set[int | None]] = {
        "": {0},
        KILLED: {-signal.SIGKILL},
        "interrupted thrice": {128 + signal.SIGINT, 0},
        "asleep": {0},
        "overtaken": {0, 24},
        "terminal closed": {128 + signal.SIGHUP, 0},
        "pipe closed": {0, 141},
    }
    return may.get(strike, {0, *(128 + number for number in ASKED.get(strike, ()))})


_CELLS: Final = frozenset(
    {f"{name}, {KILLED} {kind}" for name, kinds in PLACES.items() for kind in kinds}
    | {f"{name}, {strike}" for name in PLACES for strike in STRIKES}
)
CAMPAIGN = Campaign(name="strikes", cases=cases, play=play, needed=_CELLS, told=True, chunk=1)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
