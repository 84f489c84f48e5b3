"""Real processes struck where their engine passes: killed, stopped, left without a terminal.

A case strikes a run, a roll back, a resume, a takeover or a roll back on another machine of a small
runbook against a sandbox, and meanwhile somebody else writes to an object that the runbook writes,
too. Then whatever is open is resumed as a person would, and taken back. What has to hold: the world
is as it was, but for what the other one wrote; nothing was written that was not announced first;
the journal verifies; no lock is left; who was asked to stop recorded it and left nothing in flight;
nothing hangs, and there is no traceback.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
from collections.abc import Iterator
from copy import deepcopy
from itertools import cycle
from typing import Any, Final

from campaigns import practice
from campaigns.frame import Campaign, Played, command
from campaigns.stricken import NOWHERE, Place, Ride, kind_of
from sopctl.core.clock import SystemClock
from sopctl.engine.fold import fold
from sopctl.engine.state import RunState
from sopctl.journal.sqlite import SqliteStore
from tests.end_to_end.driver import ZONE, Outside, Sopctl, differences, unannounced

Case = tuple[str, str, str, int]  # the command, the strike, the kind of place, and which of them
CLOCK: Final = SystemClock()
RATE: Final = 60  # seconds of the world in one of ours
NAP: Final = 1.5  # seconds: a minute and a half of the world, three times what a lease lasts
FOREIGN: Final = "example.com/theirs"
BOOK: Final = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: strike, title: Hold a zone, owner: nobody}
parameters:
  zone: {type: zone, required: true}
guardrails: {max_objects: {k8s.node: {count: 99, percent: 100}, aws.asg: {count: 99, percent: 100}}}
steps:
  - id: freeze
    uses: k8s.autoscaler.scale_down
    with: {enabled: false, via: annotations}
  - id: remove
    uses: aws.asg.tags
    with:
      select: {zone: "${{ params.zone }}", autoscaled: true}
      remove: "${{ facts.autoscaler.discovery_keys }}"
  - id: pause
    uses: aws.asg.capacity
    with: {select: {spot: true}}
  - id: cordon
    uses: k8s.node.cordon
    with: {zone: "${{ params.zone }}"}
    select: late
    bound: 99
"""
_ALWAYS: Final = (
    "observe",
    "converge",
    *(
        f"append {kind}"
        for kind in ("leg", "step", "intent", "result", "found", "ended", "watch", "end")
    ),
)
_ONCE: Final = ("before unlock", "before release")
_THERE: Final = (
    *(f"{when} {what}" for what in _ALWAYS for when in ("before", "after")),
    *(f"{w} append {k}" for k in ("marking", "marked", "selected") for w in ("before", "after")),
    "before select",
    "before mark",
    *_ONCE,
)
_BACK: Final = (
    *(f"{when} {what}" for what in _ALWAYS for when in ("before", "after")),
    "before unmark",
    "before append unmarked",
    "after append unmarked",
    *_ONCE,
)
PLACES: Final = {
    "run": _THERE,
    "rollback": _BACK,
    "resume": _THERE,
    "takeover": _THERE,
    "elsewhere": _BACK,  # a roll back from the export of a run that died on another machine
}
ASKED: Final = {
    "interrupted": (signal.SIGINT,),
    "interrupted twice": (signal.SIGINT, signal.SIGINT),
    "terminated": (signal.SIGTERM,),
    "hung up": (signal.SIGHUP,),
}
OTHER: Final = ("interrupted thrice", "asleep", "overtaken", "terminal closed", "pipe closed")
STRIKES: Final = (*ASKED, *OTHER)
KILLED: Final = "killed"
YES: Final = ("--target", "sandbox", "--yes", "--reason", "strike")


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
    blow = _Blow(*practice.world(RATE))
    cells: list[str] = []
    try:
        wrong = blow.fall(case, cells)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is reported, and the next case played
        wrong = [f"{type(error).__name__}: {error}"]
    finally:
        blow.end()
    return Played(tuple(cells), f"{', '.join(map(str, case))}: {'; '.join(wrong)}" if wrong else "")


class _Blow:
    """One world, one journal, and what is done to a command on them."""

    def __init__(self, sopctl: Sopctl, outside: Outside) -> None:
        self._sopctl, self._outside = sopctl, outside
        self._state = sopctl.home / "state"
        self._book, self._file = sopctl.home / "strike.yaml", sopctl.home / "run.jsonl"
        self._back = "rollback"
        self._rides: list[Ride] = []
        self._sleeping: Ride | None = None
        self._in_flight: frozenset[str] = frozenset()
        self._fresh()
        self._before = outside.dump()

    def _fresh(self) -> None:
        for journal in self._state.glob("journal.db*"):
            journal.unlink()
        first = self._sopctl.home / "first.world"
        if first.exists():
            self._says("sandbox", "restore", str(first))  # faster than a reset
        else:
            self._book.write_text(BOOK)
            self._says("sandbox", "snapshot", str(first))
        self._outside.forget_calls()

    def fall(self, case: Case, cells: list[str]) -> list[str]:
        """What is wrong with one case; *cells* says what it covered."""
        name, strike, kind, nth = case
        self.prepare(name)
        ride, point = self.ride(name, Place(kind, nth), terminal=strike == "terminal closed")
        if point:
            cells += [strike, f"{name}, {strike}", f"{name}, {strike} {kind_of(point)}"]
            self.write_too()
            self.strike(ride, strike)
        ride.end()
        return self.wrong(ride, strike if point else "")

    def end(self) -> None:
        """Nobody is left at a place."""
        for each in self._rides:
            each.kill()

    def prepare(self, name: str) -> None:
        """Bring about what the command goes on from."""
        if name == "rollback":
            self._says(*self._words("run"))
        elif name == "resume":
            ride, _ = self.ride("run", Place("after converge", 3))
            os.kill(ride.pid, signal.SIGKILL)
            ride.end()
        elif name == "elsewhere":
            self.prepare("resume")
            self._move()
            self._back = name
        elif name == "takeover":
            self._sleeping, _ = self.ride("run", Place("before converge", 5))
            os.kill(self._sleeping.pid, signal.SIGSTOP)

    def _move(self) -> None:
        """Go on at another machine, that has nothing of this one but an export."""
        self._in_flight |= _in_flight(self._runs())
        self._says("audit", "export", "--to", str(self._file))
        home = self._sopctl.home / "elsewhere"
        shutil.rmtree(home, ignore_errors=True)
        world = home / "state" / "sandbox"  # the same files: a lock in them says that it is alive
        shutil.copytree(self._state / "sandbox", world, copy_function=os.link)
        self._sopctl, self._state = Sopctl(home), home / "state"

    def ride(self, name: str, place: Place, *, terminal: bool = False) -> tuple[Ride, str]:
        """The command at that place, or ended where it never comes there."""
        self._in_flight |= _in_flight(self._runs())  # by a process that is dead or asleep
        ride = Ride(self._words(name), self._sopctl.environment(), place, terminal=terminal)
        self._rides.append(ride)
        return ride, ride.until()

    def _words(self, name: str) -> tuple[str, ...]:
        return {
            "run": ("run", str(self._book), "--zone", ZONE, *YES),
            "rollback": ("rollback", "--latest", "strike", *YES),
            "resume": ("resume", *YES),
            "takeover": ("resume", "--takeover", *YES),
            "elsewhere": ("rollback", "--from", str(self._file), *YES),
        }[name]

    def _says(self, *words: str) -> str:
        ride = Ride(words, self._sopctl.environment()).end()
        assert ride.code == 0, f"sopctl {' '.join(words)}: {ride.code}\n{ride.said}"
        return ride.said

    def write_too(self) -> None:
        """Somebody else labels a node of the zone."""
        names = sorted(key for key, value in self._before.items() if _in_zone(key, value))
        path = f"/api/v1/nodes/{names[0].rpartition('/')[2]}"
        pointer = f"/metadata/labels/{FOREIGN.replace('/', '~1')}"
        self._outside.patch(path, [{"op": "add", "path": pointer, "value": "yes"}])
        self._before = deepcopy(self._before)
        self._before[names[0]]["metadata"]["labels"][FOREIGN] = "yes"

    def strike(self, ride: Ride, strike: str) -> None:
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
                Ride(self._words("takeover"), self._sopctl.environment()).end()
            else:
                CLOCK.sleep(NAP)
            os.kill(ride.pid, signal.SIGCONT)
        else:
            ride.hear_no_more()
        ride.go_on()

    def wrong(self, ride: Ride, strike: str) -> list[str]:
        """What does not hold, now and after everything was taken back."""
        found = [f"it ended with {ride.code}: {_last(ride)}"] if _odd(ride, strike) else []
        if ride.hangs:
            found.append(f"it hangs: {_last(ride)}")
        if self._sleeping:
            os.kill(self._sleeping.pid, signal.SIGCONT)
            self._sleeping.go_on()
            if "Traceback" in self._sleeping.end().said or self._sleeping.hangs:
                found.append(f"who slept: {_last(self._sleeping)}")
        if strike in ASKED or strike == "terminal closed":
            runs = self._runs()
            found += [f"{each.run} ends with no word" for each in runs if not _told(each)]
            found += [f"{each} is in flight" for each in _in_flight(runs) - self._in_flight]
        self._finish()
        if differences(self._before, self._outside.dump()):
            self._says(*self._words(self._back))
        found += differences(self._before, self._outside.dump())
        found += [f"{n}: {w} writes, {a} announced" for n, (w, a) in self._unannounced().items()]
        found += self._locks()
        self._says("audit", "verify")
        return found

    def _unannounced(self) -> dict[str, tuple[int, int]]:
        return unannounced(self._sopctl, self._outside) if self._outside.mutations() else {}

    def _runs(self) -> list[RunState]:
        journal = self._state / "journal.db"
        if not journal.exists():
            return []
        with SqliteStore(journal, read_only=True) as store:
            return [fold(head.run, store.read(head.run)) for head in store.runs()]

    def _finish(self) -> None:
        """What a person does: go on with what is open until nothing is."""
        for _ in range(6):
            if all(state.end for state in self._runs()):
                return
            Ride(("resume", *YES), self._sopctl.environment(), NOWHERE).end()
        left = ", ".join(state.run for state in self._runs() if not state.end)
        raise AssertionError(f"still open after six times: {left}")

    def _locks(self) -> list[str]:
        leases = self._outside.get("/apis/coordination.k8s.io/v1/leases")["items"]
        held = [each for each in leases if "sopctl" in each["metadata"]["name"]]
        return [
            f"the lock {each['metadata']['name']} is still held by {holder}"
            for each in held
            if (holder := each["spec"].get("holderIdentity"))
        ]


def _in_zone(key: str, value: Any) -> bool:  # noqa: ANN401  # an object as others see it
    labels = value["metadata"].get("labels", {}) if key.startswith("nodes/") else {}
    return labels.get("topology.kubernetes.io/zone") == ZONE


def _odd(ride: Ride, strike: str) -> bool:
    """Whether it ended in a way that it may not."""
    may: dict[str, set[int | None]] = {
        "": {0},
        KILLED: {-signal.SIGKILL},
        "interrupted thrice": {128 + signal.SIGINT, 0},
        "asleep": {0},
        "overtaken": {0, 24},
        "terminal closed": {128 + signal.SIGHUP, 0},
        "pipe closed": {0, 141},
    }
    asked = {128 + number for number in ASKED.get(strike, ())} | {0}
    return ride.code not in may.get(strike, asked) or "Traceback" in ride.said


def _last(ride: Ride) -> str:
    return " / ".join(ride.said.strip().splitlines()[-4:])


def _told(state: RunState) -> bool:
    return bool(state.end or state.parked)


def _in_flight(runs: list[RunState]) -> set[str]:
    """Writes whose answers are not recorded."""
    return {
        f"{work.key} of {state.run}: {item.resource}"
        for state in runs
        for work in state.works
        for item in work.items.values()
        if item.unacked
    }


_CELLS = frozenset(
    {f"{name}, {KILLED} {kind}" for name, kinds in PLACES.items() for kind in kinds}
    | {f"{name}, {strike}" for name in PLACES for strike in STRIKES}
)
CAMPAIGN = Campaign(name="strikes", cases=cases, play=play, needed=_CELLS, told=True, chunk=1)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
