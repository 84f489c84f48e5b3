"""What is found only when its step starts: held by others, and counted with all of the run."""

from __future__ import annotations

import dataclasses

import pytest

from sopctl.core.errors import UnreachableError
from sopctl.core.runbook import Guardrail
from sopctl.engine import records
from sopctl.engine.control import all_runs, open_run
from sopctl.engine.holdings import holdings
from sopctl.engine.keeping import look_again
from sopctl.engine.leg import Done, Parked, leg
from sopctl.engine.restore import Return, plan_return
from sopctl.engine.state import RunEnd
from tests.engine.toys import FakeClock, Thing, bench, runbook, step, world

EARLY = runbook(step("lamps", "toy.lamp"))
LATE = runbook(step("late", "toy.lamp", late=True, bound=9))
OTHER = runbook(step("late", "toy.lamp", late=True, bound=9, params={"lit": "red"}))


@pytest.fixture
def b():
    return bench(world(FakeClock(), lamps=3, fuses=0))


def roll_back(b, source, run):
    held = holdings(all_runs(b.deps))
    asked = Return(source=b.state(source), way_back=(), target={"name": "toy"}, held=held)
    plan = plan_return(asked, b.deps)
    open_run(run, plan, {}, records.consent("tester", "yes", plan.hash), b.deps)
    return leg(run, b.deps)


def test_a_late_step_joins_what_another_run_made_so_meanwhile(b):
    before = b.snapshot()
    late = b.open(b.plan(LATE), "late")
    leg(b.open(b.plan(EARLY), "early"), b.deps)

    assert leg(late, b.deps) == Done(RunEnd.DONE)

    joined = [h for h in holdings(all_runs(b.deps)) if h.run == "late"]
    assert [(h.resource.name, h.joined) for h in joined] == [
        ("l0", True),
        ("l1", True),
        ("l2", True),
    ]
    roll_back(b, "early", "r3")
    assert b.snapshot() != before  # the other run still holds it
    roll_back(b, "late", "r4")
    assert b.snapshot() == before


def test_a_late_step_keeps_off_what_another_run_holds_in_another_state(b):
    late = b.open(b.plan(OTHER), "late")
    leg(b.open(b.plan(EARLY), "early"), b.deps)
    lit = b.snapshot()

    result = leg(late, b.deps)

    assert isinstance(result, Parked)
    assert "is held by run early in another state" in result.detail
    assert b.snapshot() == lit
    roll_back(b, "early", "r3")
    b.say(records.decision("late", "retry", "me"), run="late")
    assert leg(late, b.deps) == Done(RunEnd.DONE)


def test_a_step_that_could_not_be_planned_joins_too_when_it_is_retried(b):
    plan = b.plan(EARLY)
    dark = dataclasses.replace(plan.steps[0], changes=(), params={}, unplanned="unplanned: dark")
    late = b.open(dataclasses.replace(plan, steps=(dark,)), "late")
    leg(late, b.deps)
    leg(b.open(b.plan(EARLY), "early"), b.deps)

    b.say(records.decision("lamps", "retry", "me", bound=3), run="late")

    assert leg(late, b.deps) == Done(RunEnd.DONE)
    assert {h.joined for h in holdings(all_runs(b.deps)) if h.run == "late"} == {True}


def test_a_newcomer_that_another_run_holds_in_another_state_is_left_to_it(b):
    kept = runbook(step("lamps", "toy.lamp", keep=True, bound=9))
    leg(b.open(b.plan(kept), "kept"), b.deps)
    b.world.things["lamp", "new"] = Thing(False)
    mine = runbook(step("one", "toy.lamp", params={"names": ["new"], "lit": 2}))
    leg(b.open(b.plan(mine), "mine"), b.deps)

    found = look_again("kept", b.deps)

    assert found.added == 0
    assert "is held by run mine in another state" in found.beyond[0]
    assert b.snapshot()["lamp", "new"] == 2


@pytest.mark.parametrize(
    ("lamps", "guardrail", "says"),
    [
        (4, Guardrail(count=3, percent=100), "4 lamp would be touched; the guardrail allows 3"),
        (20, Guardrail(count=99, percent=15), "4 of 20 lamp (20 %) would be touched"),
    ],
)
def test_late_steps_count_together_with_the_steps_before_them(lamps, guardrail, says):
    b = bench(world(FakeClock(), lamps=lamps, fuses=0))
    two, more = {"names": ["l0", "l1"]}, {"names": ["l2", "l3"]}
    steps = (
        step("first", "toy.lamp", params=two),
        step("late", "toy.lamp", late=True, bound=3, params=more),
    )
    book = dataclasses.replace(runbook(*steps), guardrails={"lamp": guardrail})
    run = b.open(b.plan(book))

    result = leg(run, b.deps)

    assert isinstance(result, Parked)
    assert result.work == "bound:late"
    assert f"with step late {says}" in result.detail
    b.say(records.answer("bound:late", "yes", "me", ""))
    assert leg(run, b.deps) == Done(RunEnd.DONE)


def test_what_cannot_be_read_when_a_late_step_selects_is_not_touched(b):
    late = b.open(b.plan(LATE), "late")

    def dark(*_):
        raise UnreachableError("dark", provider="toys")

    lamps = dataclasses.replace(b.deps.actions["toy.lamp"], select=dark)
    deps = b.worker("w2", actions={**b.deps.actions, "toy.lamp": lamps})

    assert isinstance(leg(late, deps), Parked)
    assert b.world.mutations == 0
