"""One disturbed course: a call is struck, processes come and go, and it has to end as it should.

After the fault the run is gone on with as `sopctl resume` does: what failed is tried again. As
soon as world and journal stand as those of the undisturbed course do after the same step, the
same code does the same from there, and the case is over. What never meets it goes on to the end;
and what ends with another journal is rolled back, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sopctl.app.desk import Desk
from sopctl.app.trials.faults.course import (
    NO_STANDING,
    NOWHERE,
    Course,
    Piece,
    Standing,
    Stopper,
    Walk,
    ended,
    gate_answer,
    reopened,
    standing,
    was_parked,
)
from sopctl.app.trials.faults.process import Decide, Died, End, Ledger, Shop
from sopctl.app.trials.faults.tap import Kind, Name, Tap
from sopctl.app.trials.portrait import differences
from sopctl.app.trials.stage import EndlessError
from sopctl.core.codec import Json
from sopctl.core.errors import SopError
from sopctl.core.journal import Entry
from sopctl.core.runbook import StepKind
from sopctl.engine import records
from sopctl.engine.fold import fold
from sopctl.engine.guardrails import objects
from sopctl.engine.leg import Done, Parked
from sopctl.engine.state import BAD_OUTCOMES, Outcome, RunEnd, RunState, Work

PROCESSES: Final = 12  # that may be needed until a disturbed run has ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a case; *wrong* is empty if all is well. *met*: before its end.

    *missed*: the calls that were to be struck and did not come.
    """

    name: Name
    kind: Kind
    missed: frozenset[Name] = frozenset()
    met: bool = False
    wrong: tuple[str, ...] = ()

    @property
    def struck(self) -> bool:
        return self.name not in self.missed

    def __str__(self) -> str:
        return f"{self.kind} at {self.name}"


class Disturbed:
    """Plays the cases of one course."""

    def __init__(self, shop: Shop, tap: Tap, run: str, answers: Mapping[str, str]) -> None:
        self._shop, self._tap, self._run, self._answers = shop, tap, run, answers
        self._walk = Walk(shop, tap, run, answers)

    def case(self, course: Course, piece: Piece, names: Sequence[Name], kind: Kind) -> Verdict:
        """Strike *names*, each once, with *kind* in *piece*; the verdict names the first."""
        ledger = self._walk.at(piece.begin)
        stopper = self._stopper(ledger, piece)
        self._tap.begin()
        self._tap.covered = Coverage(ledger, self._run)
        self._tap.arm(names, kind)
        try:
            if kind is Kind.TURN_BACK:
                met, wrong = False, self._turned_back(course, ledger, stopper)
            else:
                met, end, ledger = self._until(ledger, piece, stopper)
                wrong = [] if met else self.wrong(course, ledger, end)
        except (SopError, EndlessError) as error:
            met, wrong = False, [f"it ended with {type(error).__name__}: {error}"]
        wrong += self._tap.violations
        wrong += _doubled(self._tap.written, course.written)
        return Verdict(
            name=names[0], kind=kind, missed=self._tap.missed, met=met, wrong=tuple(wrong)
        )

    def _stopper(self, ledger: Ledger, piece: Piece) -> Stopper:
        good = _outcome(piece.meets, piece.until)
        stopper = Stopper(self._shop, self._run, piece.until or None, good)
        if piece.until:
            ledger.on_append = stopper
        return stopper

    def _until(self, ledger: Ledger, piece: Piece, stopper: Stopper) -> tuple[bool, End, Ledger]:
        """Processes in turn, until the run meets the undisturbed one or ends."""
        end: End = Died()
        for _ in range(PROCESSES):
            end = self._shop.work(ledger, self._run, self._decide(ledger))
            if stopper.step or not piece.until:
                stopper.step = ""
                if standing(self._shop, ledger, self._run) == piece.meets:
                    return True, end, ledger
            if isinstance(end, Done) or (isinstance(end, Parked) and not self._goes_on(end)):
                break
            ledger = self._next(ledger)
        return False, end, ledger

    def carried_on(self, ledger: Ledger) -> tuple[End, Ledger]:
        """A run that nothing disturbs any more, up to its end."""
        piece = Piece(begin=NOWHERE, until="", calls=(), meets=NO_STANDING)
        _, end, ledger = self._until(ledger, piece, Stopper(self._shop, self._run))
        return end, ledger

    def _turned_back(self, course: Course, ledger: Ledger, stopper: Stopper) -> list[str]:
        """Whoever finds the run dead wants everything back at once: `rollback --at-once`."""
        self._shop.work(ledger, self._run, self._decide(ledger))
        stopper.silent = True
        self._tap.written.clear()  # to write back what was written is no doubled effect
        end: End = Died()
        for turn in range(PROCESSES):
            ledger = self._next(ledger)
            decide = _undo(ledger, self._run) if not turn else self._decide(ledger)
            end = self._shop.work(ledger, self._run, decide)
            if isinstance(end, Done):
                break
        found = [] if ended(end) == RunEnd.UNDONE else [f"it ended {ended(end)}, not undone"]
        before = course.before
        now = standing(self._shop, ledger, self._run).world
        rest = [f"{d.what}: {d.found}, not {d.expected}" for d in differences(before, now)]
        return found + rest[:3]

    def _next(self, before: Ledger) -> Ledger:
        """What the next process finds: all that is durable, and no lease held."""
        ledger = reopened(self._shop, tuple((h, before.read(h.run)) for h in before.runs()))
        ledger.on_append = before.on_append
        coverage = self._tap.covered
        if isinstance(coverage, Coverage):
            coverage.ledger = ledger
        return ledger

    def _goes_on(self, parked: Parked) -> bool:
        """Whether a person does something about it: all but a gate without an answer."""
        return parked.why != "gate" or gate_answer(parked, self._answers) is not None

    def _decide(self, ledger: Ledger) -> Decisions:
        return Decisions(self._walk, ledger, self._run)

    def wrong(self, course: Course, ledger: Ledger, end: End) -> list[str]:
        """What is not as the undisturbed course left it; a run that ended otherwise is named."""
        if ended(end) != course.end:
            state = fold(self._run, ledger.read(self._run))
            return [f"it ended {ended(end)}, not {course.end}{_why(state, end)}"]
        meets = course.pieces[-1].meets
        found = differences(meets.world, standing(self._shop, ledger, self._run).world)
        return [f"{each.what}: {each.found}, not {each.expected}" for each in found[:3]]


def _undo(ledger: Ledger, run: str) -> Decide:
    def decided(_: Desk) -> Sequence[Entry]:
        state = fold(run, ledger.read(run))
        return [records.undo([w.key for w in state.works if not w.back], "test", "back")]

    return decided


class Decisions:
    """What a person says before a process goes on with a parked run: try it again."""

    def __init__(self, walk: Walk, ledger: Ledger, run: str) -> None:
        self._walk, self._ledger, self._run = walk, ledger, run

    def __call__(self, desk: Desk) -> Sequence[Entry]:
        if answers := self._walk.decide(self._ledger)(desk):
            return answers
        if not was_parked(self._ledger, self._run):
            return ()
        state = fold(self._run, self._ledger.read(self._run))
        if state.end or state.parked is None:
            return ()
        return [self._again(desk, state, work) for work in state.works if _stands_still(work)]

    def _again(self, desk: Desk, state: RunState, work: Work) -> Entry:
        bound = 0
        if work.plan.unplanned and work.plan.kind is StepKind.ACTION and not work.back:
            step = desk.plan_step(state, work.key)
            bound = max(1, objects(change.resource for change in step.changes))
        return records.decision(work.key, "retry", "test", "again", bound)


class Coverage:
    """No mutation without its durable intent: asked of the journal right before each write."""

    def __init__(self, ledger: Ledger, run: str) -> None:
        self.ledger, self._run = ledger, run

    def __call__(self, call: str) -> str:
        """Why this write may not be made now; empty: it may."""
        open_ones: dict[str, tuple[str, ...]] = {}
        for record in self.ledger.read(self._run):
            rows: Json = record.data.get("items")
            if record.kind == records.INTENT and isinstance(rows, Sequence):
                for row in rows:
                    assert isinstance(row, Mapping)
                    open_ones[str(row["op"])] = _known_by(row)
            elif record.kind == records.RESULT and isinstance(rows, Sequence):
                for row in rows:
                    assert isinstance(row, Mapping)
                    open_ones.pop(str(row["op"]), None)
        if any(name in call for names in open_ones.values() for name in names):
            return ""
        return "written without an intent that is durable and open"


ID_LENGTH = 16  # shorter words may stand in a call by chance


def _known_by(row: Mapping[str, Json]) -> tuple[str, ...]:
    """By what a call may name the object of an intent: its name, or an id that was looked up."""
    resource, evidence = row["resource"], row["evidence"]
    assert isinstance(resource, Mapping)
    assert isinstance(evidence, Mapping)
    texts = (each for each in evidence.values() if isinstance(each, str))
    looked_up = (each for each in texts if len(each) >= ID_LENGTH)
    return (str(resource["name"]).rpartition("/")[2], *looked_up)


def _outcome(meets: Standing, step: str) -> str:
    works = meets.run["works"] if isinstance(meets.run, Mapping) else ()
    assert isinstance(works, Sequence)
    for work in works:
        assert isinstance(work, Mapping)
        if work["key"] == step:
            return str(work["outcome"])
    return ""


def _stands_still(work: Work) -> bool:
    """Whether the run waits for a decision about *work*."""
    if work.superseded or work.accepted:
        return False
    unseen = any(watched.ok is False for watched in work.watches.values())
    return unseen or work.outcome in (*BAD_OUTCOMES, Outcome.PENDING_RETRY)


def _doubled(written: Mapping[str, int], undisturbed: Mapping[str, int]) -> list[str]:
    """Changes that were carried out more often than where nothing was disturbed."""
    return [
        f"carried out {times} times: {what}"
        for what, times in written.items()
        if times > max(1, undisturbed.get(what, 0))
    ]


def _why(state: RunState, end: End) -> str:
    if isinstance(end, Parked):
        return f" ({end.why}: {end.detail})"
    work = next((w for w in state.works if w.outcome in BAD_OUTCOMES), None)
    return f" ({work.key}: {work.why})" if work else ""
