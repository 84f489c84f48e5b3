"""A control plane that answers badly to a real process, from a place of its engine on.

A case lets one half of a sandbox answer in one way to a run, a roll back or a resume of a small
runbook: see ``campaigns.course``. Beside what has to hold there, it ends as is documented while
that lasts, and is brought to its end once it is over.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from itertools import product
from typing import Final, get_args

from campaigns.course import Course, last, played
from campaigns.frame import Campaign, Played, command
from campaigns.stricken import Place
from sopctl.core.errors import ExitCode
from sopctl.sandbox.scenario.model import Answer

Case = tuple[str, str, str, str, int, str]  # command, half, answer, place, which of them, how long
RATE: Final = 60  # seconds of the world in one of ours
COMMANDS: Final = ("run", "rollback", "resume")
HALVES: Final = ("aws", "kubernetes")
ANSWERS: Final[tuple[str, ...]] = get_args(Answer)
PLACES: Final = ("before observe", "before converge", "after converge", "after append intent")
LASTING: Final = ("30s", "5m")  # of the world: shorter than what is asked again for, and longer
MAY: Final = frozenset(
    {
        ExitCode.DONE,
        ExitCode.REFUSED,  # a denied or expired read before anything was changed
        ExitCode.FAILED_UNDONE,
        ExitCode.FAILED,
        ExitCode.UNKNOWN_OUTCOME,
        ExitCode.HALTED,
        ExitCode.TEMPORARY,
    }
)


def cases(seed: int) -> Iterator[Case]:
    """Every command with every answer of each half in turn, each time at another place."""
    dice = random.Random(seed)
    every = list(product(COMMANDS, HALVES, ANSWERS))
    while True:
        dice.shuffle(every)
        for name, half, answer in every:
            place, nth = dice.choice(PLACES), dice.randrange(4)
            yield name, half, answer, place, nth, dice.choice(LASTING)


def play(case: Case) -> Played:
    """Let it happen, finish once it is over, take back, and look."""
    return played(RATE, case, _lived_through)


def _lived_through(course: Course, case: Case, cells: list[str]) -> list[str]:
    """What is wrong with one case; *cells* says what it covered."""
    name, half, answer, kind, nth, lasting = case
    course.prepare(name)
    ride, point = course.ride(name, Place(kind, nth))
    if point:
        course.write_too()
        fault = ("sandbox", "fault", "brownout", half, "--answer", answer)
        course.says(*fault, "--percent", "100", "--for", lasting)
        cells.append(f"{name}, {half} {answer}")
        ride.go_on()
    ride.end()
    course.says("sandbox", "fault", "clear")
    found = course.looked_at(ride)
    if ride.code not in MAY:
        found.append(f"it ended with {ride.code}: {last(ride)}")
    cells.append(f"ends with {ride.code}")
    return found + course.left_open() + course.taken_back()


CAMPAIGN = Campaign(
    name="brownouts",
    cases=cases,
    play=play,
    needed=frozenset(
        f"{name}, {half} {answer}" for name, half, answer in product(COMMANDS, HALVES, ANSWERS)
    ),
    told=True,
    chunk=1,
)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
