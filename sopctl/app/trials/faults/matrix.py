"""Every call of a test, each with everything that can happen at it: there and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sopctl.app.place import Catalogs, Wish
from sopctl.app.trials.faults.course import Checkpoint, Course, Walk, timeless
from sopctl.app.trials.faults.disturbed import Disturbed, Verdict
from sopctl.app.trials.faults.process import BACK, FORWARD, Died, Ledger, Shop
from sopctl.app.trials.faults.tap import AwsTap, Kind, KubeTap, Name, Tap
from sopctl.app.trials.stage import EndlessError, Stage
from sopctl.core.codec import Json, encode
from sopctl.core.errors import SopError
from sopctl.core.plan import Plan
from sopctl.core.runbook import Runbook

PLANNING: Final = -1
# A process that dies while it plans has changed nothing: no call of the planning may change
# anything, which the undisturbed course shows.
_WHILE_PLANNING: Final = (Kind.THROTTLE, Kind.DENIAL, Kind.LOST_REPLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What is run, and from where; *back* tells the way back from the way there."""

    book: Runbook
    params: Mapping[str, Json]
    answers: Mapping[str, str]
    begin: Checkpoint
    back: bool = False

    @property
    def run(self) -> str:
        return BACK if self.back else FORWARD


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One case: *piece* counts from 0."""

    piece: int
    name: Name
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Charted:
    """The undisturbed course of a play, and the calls of its planning."""

    play: Play
    plan: Plan
    planning: tuple[Name, ...]
    course: Course

    def faults(self) -> Iterator[Fault]:
        """Every case, in the order of the calls."""
        for name in self.planning:
            for kind in _WHILE_PLANNING:
                yield Fault(piece=PLANNING, name=name, kind=kind)
        for index, piece in enumerate(self.course.pieces):
            for name in piece.calls:
                for kind in name.kinds:
                    if kind is not Kind.TURN_BACK or not self.play.back:
                        yield Fault(piece=index, name=name, kind=kind)


class Lab:
    """A stage with taps in both halves, where courses are charted and disturbed."""

    def __init__(self, stage: Stage, catalogs: Catalogs) -> None:
        self._shop = Shop(stage, catalogs)
        self._tap = Tap(stage.life)
        self._carried_on: dict[tuple[str, str], tuple[str, ...]] = {}

    def chart(self, play: Play) -> Charted:
        """Take the undisturbed course; raises SopError where even that cannot be planned."""
        self._attach()
        walk = self._walk(play)
        ledger = walk.at(play.begin)
        self._tap.begin()
        plan = self._plan(ledger, play, asking=True)
        assert isinstance(plan, Plan), "nothing struck it"
        planning = tuple(dict.fromkeys(self._tap.seen))
        self._shop.open(ledger, play.run, plan, play.book)
        course = walk.course(walk.checkpoint(ledger))
        return Charted(play=play, plan=plan, planning=planning, course=course)

    def disturb(self, charted: Charted, fault: Fault, *more: Fault) -> Verdict:
        """Play one case; a bug in the world that shows in it is wrong, too.

        *more* faults, of the same piece and kind, strike in the same play.
        """
        self._attach()
        stumbles = self._shop.stage.life.stumbles
        stumbles.clear()
        found = self._disturb(charted, fault, [each.name for each in (fault, *more)])
        return replace(found, wrong=(*found.wrong, *stumbles[:1]))

    def _disturb(self, charted: Charted, fault: Fault, names: Sequence[Name]) -> Verdict:
        play = charted.play
        disturbed = Disturbed(self._shop, self._tap, play.run, play.answers)
        if fault.piece == PLANNING:
            return self._while_planning(disturbed, charted, names, fault.kind)
        piece = charted.course.pieces[fault.piece]
        return disturbed.case(charted.course, piece, names, fault.kind)

    def _attach(self) -> None:
        """Look at every call from now on; whoever did so before does not any more."""
        household = self._shop.stage.household
        household.aws.observer = AwsTap(self._tap)
        household.kube.observer = KubeTap(self._tap)

    def _while_planning(
        self, disturbed: Disturbed, charted: Charted, names: Sequence[Name], kind: Kind
    ) -> Verdict:
        """It refuses, or plans the same, or plans what it can: then `resume` does the rest."""
        play = charted.play
        ledger = self._walk(play).at(play.begin)
        self._tap.begin()
        self._tap.arm(names, kind)
        wrong: list[str] = []
        met = True
        try:
            plan = self._plan(ledger, play, asking=any(each.asked_once for each in names))
            wrong += [f"{name}: changed while planning" for name in self._tap.seen if name.mutating]
            if isinstance(plan, Plan) and not plan.empty and not _alike(plan, charted.plan):
                met = False
                wrong += self._carry_on(disturbed, charted, ledger, plan)
        except SopError as error:
            if not error.summary or error.exit_code == 1:
                wrong.append(f"it ended with {type(error).__name__}: {error}")
        except EndlessError:
            wrong.append("it waits for something that never comes")
        return Verdict(
            name=names[0],
            kind=kind,
            missed=self._tap.missed,
            met=met,
            wrong=tuple(wrong),
        )

    def _carry_on(
        self, disturbed: Disturbed, charted: Charted, ledger: Ledger, plan: Plan
    ) -> tuple[str, ...]:
        """Work on another plan than the undisturbed one, up to the end; what is wrong then.

        Nothing disturbs that any more: two faults that lead to the same plan lead to the same end.
        """
        key = charted.play.run, _said(plan, charted.plan.made_at)
        if key not in self._carried_on:
            play = charted.play
            self._shop.open(ledger, play.run, plan, play.book)
            end, ledger = disturbed.carried_on(ledger)
            self._carried_on[key] = tuple(disturbed.wrong(charted.course, ledger, end))
        return self._carried_on[key]

    def _plan(self, ledger: Ledger, play: Play, *, asking: bool) -> Plan | Died:
        """*asking*: what is allowed, too, which has no part in the plan."""
        if play.back:
            return self._shop.plan_back(ledger, asking=asking)
        wish = Wish(runbook=play.book, given=play.params)
        return self._shop.plan(ledger, wish, asking=asking)

    def _walk(self, play: Play) -> Walk:
        return Walk(self._shop, self._tap, play.run, play.answers)


def _alike(plan: Plan, other: Plan) -> bool:
    return _said(plan, other.made_at) == _said(other, other.made_at)


def _said(plan: Plan, since: str) -> str:
    """A plan without what is only told, and without when: whoever asks again takes longer.

    Instants after *since* are those that a plan counts from its own.
    """
    bare = replace(plan, made_at="", warnings=(), facts={}, permissions=())
    return timeless(encode(bare), since)
