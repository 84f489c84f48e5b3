"""Whatever happens, in whatever order: a state machine over crashes, people and other writers."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sopctl.core.action import ReceiptKind
from sopctl.engine import records
from sopctl.engine.leg import Done, Parked
from sopctl.engine.state import Phase, RunEnd
from tests.engine.loops import Points, count_points, die, expire, paused, trial

TOTAL = count_points()
PLACES = st.integers(0, TOTAL)
EXAMPLES = int(os.environ.get("SOPCTL_STORIES", "60"))


class Story(RuleBasedStateMachine):
    """One run; workers that crash, sleep and take over; a person; somebody else."""

    def __init__(self):
        super().__init__()
        self.t = trial()
        self.colours = 0

    def _open(self):
        return self.t.b.state().end is None

    def _note(self, result):
        if result is None:
            expire(self.t)

    @rule(place=PLACES)
    def a_worker_dies(self, place):
        self._note(self.t.once(Points(at={place: die})))

    @rule(place=PLACES, then=PLACES)
    def a_worker_sleeps_while_another_takes_over(self, place, then):
        def other():
            self._note(self.t.once(Points(at={then: die}), takeover=True))

        self._note(self.t.once(Points(at={place: paused(self.t, other)})))

    @rule(place=PLACES, name=st.sampled_from(["l0", "l1", "l3"]))
    def somebody_else_writes_meanwhile(self, place, name):
        self.colours += 1
        colour = f"colour {self.colours}"
        meddle = paused(self.t, lambda: self.t.b.world.meddle("lamp", name, colour))
        self._note(self.t.once(Points(at={place: meddle})))

    @rule(name=st.sampled_from(["l0", "l2", "f0"]), kind=st.sampled_from(list(ReceiptKind)))
    def a_provider_is_rough(self, name, kind):
        self.t.b.world.answers.setdefault(name, []).append(kind)

    @rule(choice=st.sampled_from(["retry", "skip", "keep", "by-hand"]))
    def a_person_decides(self, choice):
        parked = self.t.b.state().parked
        expire(self.t)
        if self._open() and parked and parked["why"] in ("decision", "effect"):
            if choice == "retry":
                self._accept_what_was_shown(parked["work"])
            self.t.b.say(records.decision(parked["work"], choice, "me"))

    def _accept_what_was_shown(self, key):
        """To retry is to go on from the value that stood there when it was asked about.

        It is no stranger's any more, and the way back leads to it.
        """
        for item in self.t.b.state().work(key).items.values():
            if item.phase is Phase.STALE and item.now:
                self.t.b.world.foreign.discard(str(item.now["lit"]))
                self.t.before[item.resource.kind, item.resource.name] = item.now["lit"]

    @precondition(lambda self: self._open() and not self.t.b.state().undoing)
    @rule()
    def a_person_turns_back(self):
        expire(self.t)
        self.t.turn_back()

    @invariant()
    def nothing_is_unlogged_and_nobody_is_trampled(self):
        assert self.t.b.world.unlogged == []
        assert self.t.b.world.trampled == []

    def teardown(self):
        """However it went, the run can be brought to an end, and the end is true."""
        self.t.b.world.answers.clear()
        end = self.t.finish()
        assert self.t.problems() == []
        if end == Done(RunEnd.UNDONE) and not self.colours:
            assert self.t.b.snapshot() == self.t.before
        assert not isinstance(end, Parked)


Story.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestStory = Story.TestCase
