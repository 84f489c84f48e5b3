"""A small runbook on its way against a sandbox, brought to a place of its engine, and looked at.

A campaign lets something happen there, while somebody else writes to an object that the runbook
writes, too. Then whatever is open is resumed as a person would, and taken back. What has to hold:
the world is as it was, but for what the other one wrote; nothing was written that was not announced
first; the journal verifies; no lock is left; nothing hangs, and there is no traceback.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

from campaigns import practice
from campaigns.frame import Played
from campaigns.stricken import Place, Ride
from sopctl.core.errors import SopError
from sopctl.engine import records
from sopctl.engine.fold import fold
from sopctl.engine.state import RunState
from sopctl.journal.sqlite import SqliteStore
from sopctl.marks.annotation import PREFIX
from tests.end_to_end.driver import ZONE, Outside, Sopctl, differences, unannounced

CaseT = TypeVar("CaseT", bound=tuple[Any, ...])  # of words and numbers
Thing: TypeAlias = Any  # an object as other clients see it: whatever JSON can hold
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
YES: Final = ("--target", "sandbox", "--yes", "--reason", "strike")


class StuckError(Exception):
    """It does not go on as it must."""


class Course:
    """One world, one journal, and a command on them."""

    def __init__(self, sopctl: Sopctl, outside: Outside) -> None:
        self._sopctl, self._outside = sopctl, outside
        self._home, self._state = sopctl.home, sopctl.home / "state"
        self._book, self._file = sopctl.home / "strike.yaml", sopctl.home / "run.jsonl"
        self._back = "rollback"
        self._rides: list[Ride] = []
        self.sleeping: Ride | None = None
        self._in_flight: frozenset[str] = frozenset()
        self._fresh()
        self._before = outside.dump()

    def _fresh(self) -> None:
        for left in (*self._state.glob("journal.db*"), *self._reports()):
            left.unlink()
        first = self._sopctl.home / "first.world"
        if first.exists():
            self.says("sandbox", "restore", str(first))  # faster than a reset
        else:
            self._book.write_text(BOOK)
            self.says("sandbox", "snapshot", str(first))
        self._outside.forget_calls()

    def end(self) -> None:
        """Nobody is left at a place."""
        for each in self._rides:
            each.kill()

    def prepare(self, name: str) -> None:
        """Bring about what the command goes on from."""
        if name == "rollback":
            self.says(*self.words("run"))
        elif name == "resume":
            ride, _ = self.ride("run", Place("after converge", 3))
            os.kill(ride.pid, signal.SIGKILL)
            ride.end()
        elif name == "elsewhere":
            self.prepare("resume")
            self._move()
            self._back = name
        elif name == "takeover":
            self.sleeping, _ = self.ride("run", Place("before converge", 5))
            os.kill(self.sleeping.pid, signal.SIGSTOP)

    def _move(self) -> None:
        """Go on at another machine, that has nothing of this one but an export."""
        self._in_flight |= _in_flight(self._runs())
        self.says("audit", "export", "--to", str(self._file))
        home = self._sopctl.home / "elsewhere"
        shutil.rmtree(home, ignore_errors=True)
        world = home / "state" / "sandbox"  # the same files: a lock in them says that it is alive
        shutil.copytree(self._state / "sandbox", world, copy_function=os.link)
        self._sopctl, self._state = Sopctl(home), home / "state"

    def ride(self, name: str, place: Place, *, terminal: bool = False) -> tuple[Ride, str]:
        """The command at that place, or ended where it never comes there."""
        self._in_flight |= _in_flight(self._runs())  # by a process that is dead or asleep
        ride = Ride(self.words(name), self._sopctl.environment(), place, terminal=terminal)
        self._rides.append(ride)
        return ride, ride.until()

    def words(self, name: str) -> tuple[str, ...]:
        return {
            "run": ("run", str(self._book), "--zone", ZONE, *YES),
            "rollback": ("rollback", "--latest", "strike", *YES),
            "resume": ("resume", *YES),
            "takeover": ("resume", "--takeover", *YES),
            "elsewhere": ("rollback", "--from", str(self._file), *YES),
        }[name]

    def write_too(self) -> None:
        """Somebody else labels a node of the zone."""
        names = sorted(key for key, value in self._before.items() if _in_zone(key, value))
        path = f"/api/v1/nodes/{names[0].rpartition('/')[2]}"
        pointer = f"/metadata/labels/{FOREIGN.replace('/', '~1')}"
        self._outside.patch(path, [{"op": "add", "path": pointer, "value": "yes"}])
        self._before = deepcopy(self._before)
        self._before[names[0]]["metadata"]["labels"][FOREIGN] = "yes"

    def looked_at(self, ride: Ride) -> list[str]:
        """What is wrong with how it ended; bugs are looked for at the end."""
        found = [f"a traceback: {last(ride)}"] if "Traceback" in ride.said else []
        return [*found, *([f"it hangs: {last(ride)}"] if ride.hangs else [])]

    def left_open(self) -> list[str]:
        """What who was asked to stop should have said, and finished."""
        runs = self._runs()
        silent = [f"{each.run} ends with no word" for each in runs if not (each.end or each.parked)]
        return [*silent, *(f"{each} is in flight" for each in _in_flight(runs) - self._in_flight)]

    def taken_back(self) -> list[str]:
        """Go on with what is open, take everything back, and say what does not hold then."""
        self._finish()
        if differences(self._before, self._outside.dump()):
            self.says(*self.words(self._back))
        after = self._outside.dump()
        if self._marks_left():  # the journal says so, and it was a warning
            after = {key: _unmarked(value) for key, value in after.items()}
        found: list[str] = differences(self._before, after)
        found += [f"{n}: {w} writes, {a} announced" for n, (w, a) in self._unannounced().items()]
        found += self._locks()
        found += [f"a bug: {each.read_text().splitlines()[-1]}" for each in self._reports()]
        self.says("audit", "verify")
        return found

    def says(self, *words: str) -> str:
        """What a command says that has to succeed; raises StuckError."""
        ride = Ride(words, self._sopctl.environment()).end()
        if ride.code != 0:
            raise StuckError(f"sopctl {' '.join(words)}: {ride.code}\n{ride.said}")
        return ride.said

    def _reports(self) -> list[Path]:
        """What sopctl wrote down of bugs of its own; nothing of it is printed."""
        return sorted(self._home.rglob("reports/bug-*.txt"))

    def _marks_left(self) -> bool:
        with SqliteStore(self._state / "journal.db", read_only=True) as store:
            kept = [record for head in store.runs() for record in store.read(head.run)]
        return any(each.kind == records.UNMARKED and each.data["why"] for each in kept)

    def _unannounced(self) -> dict[str, tuple[int, int]]:
        if not self._outside.mutations():
            return {}
        found: dict[str, tuple[int, int]] = unannounced(self._sopctl, self._outside)
        return found

    def _runs(self) -> list[RunState]:
        journal = self._state / "journal.db"
        if not journal.exists():
            return []
        with SqliteStore(journal, read_only=True) as store:
            return [fold(head.run, store.read(head.run)) for head in store.runs()]

    def _finish(self) -> None:
        """What a person does: go on with what is open until nothing is."""
        for _ in range(9):
            open_ = [state for state in self._runs() if not state.end]
            if not open_:
                return
            parked = open_[-1].parked or {}
            decided = parked.get("why") in {"decision", "effect"}
            again = ("--retry", str(parked["work"])) if decided else ()
            Ride(("resume", *again, *YES), self._sopctl.environment()).end()
        left = ", ".join(state.run for state in self._runs() if not state.end)
        raise StuckError(f"still open after nine times: {left}")

    def _locks(self) -> list[str]:
        """Locks that were left behind; what was killed cannot give back, and its lease runs out."""
        killed = {f"/{each.pid}" for each in self._rides if each.code == -signal.SIGKILL}
        leases = self._outside.get("/apis/coordination.k8s.io/v1/leases")["items"]
        held = [each for each in leases if "sopctl" in each["metadata"]["name"]]
        return [
            f"the lock {each['metadata']['name']} is still held by {holder}"
            for each in held
            if (holder := each["spec"].get("holderIdentity"))
            and not any(f'{pid}"' in holder for pid in killed)
        ]


def played(
    rate: int, case: CaseT, happen: Callable[[Course, CaseT, list[str]], list[str]]
) -> Played:
    """One case in a fresh world: *happen* says what is wrong, and adds the cells it covered."""
    course = Course(*practice.world(rate))
    cells: list[str] = []
    try:
        wrong = happen(course, case, cells)
    except (StuckError, SopError) as error:  # the next case is played all the same
        wrong = [f"{type(error).__name__}: {error}"]
    finally:
        course.end()
    return Played(tuple(cells), f"{', '.join(map(str, case))}: {'; '.join(wrong)}" if wrong else "")


def last(ride: Ride) -> str:
    return " / ".join(ride.said.strip().splitlines()[-4:])


def _unmarked(value: Thing) -> Thing:
    """The same without our marks on it."""
    if "metadata" not in value:
        return {**value, "tags": [tag for tag in value["tags"] if not tag[0].startswith("sopctl")]}
    meta = value.get("metadata", {})
    theirs = {k: v for k, v in meta.get("annotations", {}).items() if not k.startswith(PREFIX)}
    kept = {k: v for k, v in meta.items() if k != "annotations"}
    return {**value, "metadata": {**kept, **({"annotations": theirs} if theirs else {})}}


def _in_zone(key: str, value: Thing) -> bool:
    labels = value["metadata"].get("labels", {}) if key.startswith("nodes/") else {}
    return labels.get("topology.kubernetes.io/zone") == ZONE


def _in_flight(runs: list[RunState]) -> set[str]:
    """Writes whose answers are not recorded."""
    return {
        f"{work.key} of {state.run}: {item.resource}"
        for state in runs
        for work in state.works
        for item in work.items.values()
        if item.unacked and item.open
    }
