from __future__ import annotations

import dataclasses

import pytest

from sopctl.core.errors import GuardrailError, RefusedError, UnreachableError
from sopctl.core.plan import Fidelity
from sopctl.core.runbook import Guardrail, OnEmpty, OnFailure
from sopctl.engine import records
from sopctl.engine.leg import Done, leg
from sopctl.engine.planner import Order, make_plan
from sopctl.engine.state import Outcome, RunEnd
from tests.engine.toys import ACTIONS, LAMPS, FakeClock, bench, runbook, step, world


def planned(b, book, policy=None):
    order = Order(runbook=book, params={}, target={"name": "toy"}, policy=policy or {})
    return make_plan(order, b.deps)


def with_guardrail(count, percent, *steps):
    rails = {kind: Guardrail(count=count, percent=percent) for kind in ("lamp", "fuse")}
    return dataclasses.replace(runbook(*steps), guardrails=rails)


def unreachable(*_):
    raise UnreachableError("no answer from toys", provider="toys")


@pytest.fixture
def b():
    return bench(world(FakeClock(), lamps=20))


@pytest.mark.parametrize(
    ("count", "percent", "fine"), [(20, 100, True), (19, 100, False), (20, 99, False)]
)
def test_guardrails_hold_by_count_and_by_percent(b, count, percent, fine):
    book = with_guardrail(count, percent, step("lamps", "toy.lamp"))

    if fine:
        assert planned(b, book).changes == 20
    else:
        with pytest.raises(GuardrailError, match="would be touched"):
            planned(b, book)


def test_the_policy_is_a_ceiling_for_the_runbook(b):
    book = with_guardrail(100, 100, step("lamps", "toy.lamp"))

    with pytest.raises(GuardrailError, match="allows 5"):
        planned(b, book, {"lamp": Guardrail(count=5, percent=100)})


def test_without_any_guardrail_ten_objects_are_the_limit(b):
    with pytest.raises(GuardrailError, match="allows 10"):
        planned(b, dataclasses.replace(runbook(step("lamps", "toy.lamp")), guardrails={}))


def test_the_guardrail_counts_an_object_once_for_all_steps(b):
    book = with_guardrail(20, 100, step("one", "toy.lamp"), step("two", "toy.lamp"))

    assert planned(b, book).changes == 20


def test_a_later_step_is_planned_on_what_the_earlier_one_will_have_done(b):
    plan = planned(b, runbook(step("one", "toy.lamp"), step("two", "toy.lamp")))

    assert [len(s.changes) for s in plan.steps] == [20, 0]
    assert plan.steps[1].fidelity is Fidelity.PREDICTED


@pytest.mark.parametrize("empty", list(OnEmpty))
def test_an_empty_selection_is_refused_warned_about_or_fine(b, empty):
    book = runbook(step("pods", "toy.pod", empty=empty))

    if empty is OnEmpty.FAIL:
        with pytest.raises(RefusedError, match="found nothing to act on"):
            planned(b, book)
    else:
        assert bool(planned(b, book).warnings) is (empty is OnEmpty.WARN)


def test_an_unreachable_provider_makes_its_step_unplanned_and_not_the_plan(b):
    dead = {**ACTIONS, "toy.lamp": dataclasses.replace(LAMPS, select=unreachable)}
    deps = dataclasses.replace(b.deps, actions=dead)
    book = runbook(
        step("lamps", "toy.lamp", on_failure=OnFailure.CONTINUE), step("fuses", "toy.fuse")
    )
    plan = make_plan(Order(runbook=book, params={}, target={"name": "toy"}), deps)

    assert plan.steps[0].fidelity is Fidelity.UNPLANNED
    assert "no answer from toys" in plan.warnings[0]

    run = b.open(plan)
    leg(run, deps)
    assert b.state().work("fuses").outcome is Outcome.APPLIED
    b.say(records.decision("lamps", "retry", "me", bound=20))
    assert leg(run, b.deps) == Done(RunEnd.DONE)
    assert b.snapshot()["lamp", "l0"] is True


def test_what_was_agreed_to_for_an_unplanned_step_bounds_it(b):
    dead = {**ACTIONS, "toy.lamp": dataclasses.replace(LAMPS, select=unreachable)}
    deps = dataclasses.replace(b.deps, actions=dead)
    book = runbook(step("lamps", "toy.lamp", on_failure=OnFailure.CONTINUE))
    run = b.open(make_plan(Order(runbook=book, params={}, target={"name": "toy"}), deps))
    leg(run, deps)
    b.say(records.decision("lamps", "retry", "me", bound=3))

    result = leg(run, b.deps)

    assert result.work == "bound:lamps"
    assert b.world.mutations == 0


@pytest.mark.parametrize(("value", "says"), [(True, "holds"), (False, "DOES NOT HOLD")])
def test_what_is_checked_first_is_answered_in_the_plan_already(b, value, says):
    b.world.things["lamp", "l0"].value = value
    check = step("bright", "toy.bright", params={"name": "l0"})
    book = dataclasses.replace(runbook(step("fuses", "toy.fuse")), before=(check,))

    assert planned(b, book).steps[0].notes == (f"now: {says}: lamp l0",)


def test_the_hash_of_a_plan_is_that_of_its_content(b):
    one, two = (
        planned(b, runbook(step("l", "toy.lamp"))),
        planned(b, runbook(step("l", "toy.lamp"))),
    )

    assert one.hash == two.hash
    assert dataclasses.replace(one, params={"x": 1}).hash != one.hash
