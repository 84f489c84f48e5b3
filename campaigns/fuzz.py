"""Hostile input: whatever stands in a file or comes from a provider, people get our own errors.

Each case is a door that input comes through, a kind of mutation, and a number that draws the rest.
What has to hold: nothing but a SopError comes out, within two seconds and 200 MB. Cases that found
something are kept in ``corpus/fuzz.json``, which a test plays again.
"""

from __future__ import annotations

import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType

from campaigns import doors
from campaigns.frame import Campaign, Played, command
from sopctl.core.errors import SopError

Case = tuple[str, str, int]  # door, kind of mutation, number
SECONDS = 2.0
MEGABYTES = 200
DOORS: dict[str, doors.Door] = {door.name: door for door in doors.ALL}
CELLS = frozenset(f"{door.name}: {kind}" for door in doors.ALL for kind in door.kinds)


class TookTooLongError(BaseException):
    """Not an Exception, so that nothing on its way can swallow it."""


def cases(seed: int) -> Iterator[Case]:
    """Every door with every kind of mutation in turn, each time with another number."""
    dice = random.Random(seed)
    while True:
        for door in doors.ALL:
            for kind in door.kinds:
                yield door.name, kind, dice.getrandbits(32)


def play(case: Case) -> Played:
    """Bring the input to its door, and see what comes out."""
    name, kind, number = case
    door = DOORS[name]
    dice = random.Random(number)
    given = door.made(kind, dice)
    cell = f"{name}: {kind}"
    with _peak() as grown:
        wrong = _outcome(door.take, given)
    if not wrong and grown() > MEGABYTES:
        wrong = f"it took {grown():.0f} MB"
    return Played((cell,), f"{cell}: {wrong}" if wrong else "")


def _outcome(take: Callable[[object], object], given: object) -> str:
    began = time.monotonic()
    try:
        with _alarm():
            take(given)
    except SopError as error:
        if not error.summary.strip():
            return "an error without words"
    except TookTooLongError:
        return f"it took more than {SECONDS:g} s, {_place(sys.exc_info()[2])}"
    except Exception as error:  # noqa: BLE001  # any but our own is the violation looked for
        return f"{type(error).__name__}: {str(error)[:100]!r}, {_place(error.__traceback__)}"
    took = time.monotonic() - began
    return f"it took {took:.1f} s" if took > SECONDS else ""


def _place(trace: TracebackType | None) -> str:
    """The innermost line of ours."""
    frames = traceback.extract_tb(trace)
    ours = [each for each in frames if "/sopctl/" in each.filename] or list(frames)
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TookTooLongError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS * 1.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _peak() -> Iterator[Callable[[], float]]:
    """How many megabytes the process grew at most; proc_pid_clear_refs(5)."""
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    yield lambda: (_status("VmHWM") - before) / 1024


def _status(field: str) -> int:
    found = Path("/proc/self/status").read_text()
    return int(found.partition(f"{field}:")[2].split()[0])


CAMPAIGN = Campaign(name="fuzz", cases=cases, play=play, needed=CELLS)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
