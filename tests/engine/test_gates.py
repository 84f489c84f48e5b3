"""Where a run waits for a person: what is asked, and what each answer does."""

from __future__ import annotations

import pytest

from sopctl.core.runbook import Approve, StepKind
from sopctl.engine import records
from sopctl.engine.leg import Done, Parked, leg
from sopctl.engine.state import Outcome, RunEnd
from tests.engine.toys import bench, runbook, step

GATE = step("ready", "Is everybody ready?", kind=StepKind.GATE)


@pytest.fixture
def b():
    return bench()


def opened(b, *steps):
    return b.open(b.plan(runbook(*steps)))


def test_a_gate_asks_its_question_and_goes_on_with_the_answer(b):
    run = opened(b, GATE, step("lamps", "toy.lamp"))

    assert leg(run, b.deps) == Parked("gate", "Is everybody ready?", "ready")
    b.say(records.answer("ready", "almost", "ana", ""))
    assert leg(run, b.deps) == Done(RunEnd.DONE)

    gate = b.state().work("ready")
    assert (gate.outcome, gate.why) == (Outcome.ANSWERED, "almost")
    assert b.state().work("lamps").outcome is Outcome.APPLIED


def test_a_no_declines_the_gate_and_nothing_after_it_is_done(b):
    run = opened(b, GATE, step("lamps", "toy.lamp"))
    dark = b.snapshot()

    leg(run, b.deps)
    b.say(records.answer("ready", "no", "ana", "not now"))

    assert leg(run, b.deps) == Parked("decision", "declined by ana", "ready")
    assert b.state().work("ready").outcome is Outcome.DECLINED
    assert b.snapshot() == dark


def test_a_step_that_has_to_be_approved_says_why_it_is_done(b):
    run = opened(b, step("lamps", "toy.lamp", approve=Approve()))

    asked = leg(run, b.deps)

    assert asked == Parked("gate", "approve step lamps: why lamps", "approve:lamps")
    b.say(records.answer("approve:lamps", "no", "ben", ""))
    assert leg(run, b.deps) == Parked("decision", "declined by ben", "lamps")
    assert b.state().work("lamps").outcome is Outcome.DECLINED
    assert not b.state().work("lamps").started


def test_what_is_selected_late_counts_with_its_own_kind(b):
    run = opened(b, step("lamps", "toy.lamp", late=True, bound=3))
    asked = leg(run, b.deps)
    assert asked.detail == "step lamps now finds 4 objects; the plan allowed 3"
