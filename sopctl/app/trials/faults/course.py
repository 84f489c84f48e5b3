"""The undisturbed course of a run, in pieces: each ends with a step, and begins as after a crash.

A piece is what a new process does from one checkpoint (world and journals) up to the next. Its
calls are the ones to be struck; the checkpoint after it is where a disturbed run meets it again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sopctl.app.trials.faults.process import Decide, Died, End, Ledger, Shop
from sopctl.app.trials.faults.tap import Name, Tap
from sopctl.app.trials.journals import Journal, kept
from sopctl.app.trials.portrait import portrait, unmarked
from sopctl.core.clock import stamp
from sopctl.core.codec import Json, canonical, encode
from sopctl.core.journal import Entry, Record
from sopctl.engine import records
from sopctl.engine.fold import fold
from sopctl.engine.leg import Done, Parked
from sopctl.engine.state import RunState

MOST_PIECES: Final = 200
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\"]{0,12}Z")
# Asked by every new process: in later pieces they are there only because pieces begin anew.
_BEGINNING: Final = ("sts.", "selfsubjectreviews", "/api/v1/namespaces/kube-system", "/leases")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A moment between two processes: what lies in the world, and what is durable."""

    world: bytes
    journal: Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How world and run stand, without what differs between two good courses."""

    world: Mapping[str, Json]
    run: Json


NOWHERE: Final = Checkpoint(world=b"", journal=())
NO_STANDING: Final = Standing(world={}, run=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """From *begin* up to the end of the step *until* (empty: up to the end of the run).

    *meets* is how world and run stand at its end.
    """

    begin: Checkpoint
    until: str
    calls: tuple[Name, ...]
    meets: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """All pieces of a run, and how it ended. *before* is the world that it began with, unmarked."""

    before: Mapping[str, Json]
    pieces: tuple[Piece, ...]
    last: Checkpoint
    end: str
    written: Mapping[str, int]


class Walk:
    """Takes the undisturbed course of one run."""

    def __init__(self, shop: Shop, tap: Tap, run: str, answers: Mapping[str, str]) -> None:
        self._shop, self._tap, self._run = shop, tap, run
        self._answers = answers

    def course(self, begin: Checkpoint) -> Course:
        """The whole course from *begin*, where the run is open and has consent."""
        before = standing(self._shop, self.at(begin), self._run).world
        pieces: list[Piece] = []
        written: dict[str, int] = {}
        here = begin
        end: End = Died()
        for _ in range(MOST_PIECES):
            piece, end = self._piece(here, first=not pieces)
            for what, times in self._tap.written.items():
                written[what] = written.get(what, 0) + times
            pieces.append(piece)
            here = self._here
            if not isinstance(end, Died):
                break
        return Course(
            before=before, pieces=tuple(pieces), last=here, end=ended(end), written=written
        )

    def _piece(self, begin: Checkpoint, *, first: bool) -> tuple[Piece, End]:
        ledger = self.at(begin)
        stopper = Stopper(self._shop, run=self._run)
        ledger.on_append = stopper
        self._tap.begin()
        end = self._shop.work(ledger, self._run, self.decide(ledger))
        if isinstance(end, Parked) and gate_answer(end, self._answers) is not None:
            end = Died()  # the answer is said by the next process
        calls = tuple(c for c in dict.fromkeys(self._tap.seen) if first or not _beginning(c, end))
        self._here = self.checkpoint(ledger)
        meets = standing(self._shop, ledger, self._run)
        return Piece(begin=begin, until=stopper.step, calls=calls, meets=meets), end

    def at(self, checkpoint: Checkpoint) -> Ledger:
        """Go back to a checkpoint: the world, and a journal that a new process may write."""
        self._shop.stage.household.restore(checkpoint.world)
        return reopened(self._shop, checkpoint.journal)

    def checkpoint(self, ledger: Ledger) -> Checkpoint:
        household = self._shop.stage.household
        for told in (household.aws.calls, household.kube.calls):
            told.clear()  # nobody asks for them; every case would make them anew
        return Checkpoint(world=household.snapshot(), journal=kept(ledger))

    def decide(self, ledger: Ledger) -> Decide:
        """The answer to the gate at which the run is parked, if there is one."""

        def said(_: object) -> Sequence[Entry]:
            if not was_parked(ledger, self._run):
                return ()
            state = fold(self._run, ledger.read(self._run))
            parked = state.parked
            if parked is None or state.end or parked["why"] != "gate":
                return ()
            gate = str(parked["work"])
            answer = self._answers.get(gate.partition(":")[2] or gate)
            waits = gate not in state.answers
            return [records.answer(gate, answer, "test", "test")] if answer and waits else ()

        return said


def was_parked(ledger: Ledger, run: str) -> bool:
    """Whether the run ever waited for a person: cheaper to know than the whole of its state."""
    return any(record.kind == records.PARKED for record in ledger.read(run))


class Stopper:
    """Lets the process die right after the end of a step is durable; *wanted*: of this one only."""

    def __init__(self, shop: Shop, run: str, wanted: str | None = None, good: str = "") -> None:
        self._shop, self._run, self._wanted, self._good = shop, run, wanted, good
        self.step = ""
        self.silent = False

    def __call__(self, appended: Sequence[Record]) -> None:
        if self.silent:
            return
        for record in appended:
            if record.kind != records.ENDED or record.run != self._run:
                continue
            step, outcome = str(record.data["work"]), str(record.data["outcome"])
            if self._wanted in (None, step) and self._good in ("", outcome):
                self.step = step
                self._shop.stage.life.die()


def reopened(shop: Shop, journal: Journal) -> Ledger:
    """What is durable, for a new process: no lease is held any more."""
    ledger = Ledger(shop.stage.life)
    ledger.reopen(journal)
    return ledger


def standing(shop: Shop, ledger: Ledger, run: str) -> Standing:
    state = fold(run, ledger.read(run))
    world = unmarked(portrait(shop.stage.household.dump()))
    return Standing(world=world, run=told(state))


def told(state: RunState) -> Json:
    """What the journal says that decides what comes next, and nothing of how it came to it.

    Nor when: what was to last for some hours does so from another moment.
    """
    since = "" if state.started is None else stamp(state.started)
    return {
        "end": str(state.end or ""),
        "answers": {gate: str(given["answer"]) for gate, given in state.answers.items()},
        "works": [
            {
                "key": work.key,
                "outcome": str(work.outcome or ""),
                "flags": [work.superseded, work.accepted, work.unmarked],
                "items": {
                    str(encode(item.resource)): [
                        str(item.phase),
                        timeless(item.before, since),
                        timeless(item.after, since),
                        timeless(item.settled, since),
                        item.ours,
                    ]
                    for item in work.items.values()
                },
                "unseen": sorted(w.what for w in work.watches.values() if w.ok is False),
            }
            for work in state.works
        ],
    }


def timeless(value: Json, since: str) -> str:
    """*value* as canonical JSON, without the instants from *since* on."""
    text = canonical(value).decode()
    return _INSTANT.sub(lambda found: "later" if found[0] >= since else found[0], text)


def gate_answer(parked: Parked, answers: Mapping[str, str]) -> str | None:
    if parked.why != "gate":
        return None
    return answers.get(parked.work.partition(":")[2] or parked.work)


def ended(end: End) -> str:
    """How a run stands, in one word."""
    if isinstance(end, Done):
        return str(end.outcome)
    return "parked" if isinstance(end, Parked) else type(end).__name__.lower()


def _beginning(call: Name, end: End) -> bool:
    """Whether a call of a later piece is one that only a beginning process makes."""
    last = not isinstance(end, Died) and "/leases" in call.what and call.nth > 1
    return any(part in call.what for part in _BEGINNING) and not last
