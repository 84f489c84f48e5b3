"""What somebody who wanted to break the engine found: one test for each thing that was wrong."""

from __future__ import annotations

import dataclasses
import sys

import pytest

from sopctl.core.action import Receipt, ReceiptKind
from sopctl.core.errors import (
    PermissionDeniedError,
    RefusedError,
    UnreachableError,
    UsageError,
)
from sopctl.core.journal import Lease
from sopctl.core.runbook import Approve, Guardrail, OnFailure, StepKind
from sopctl.engine import records
from sopctl.engine.control import all_runs, open_run
from sopctl.engine.holdings import holdings
from sopctl.engine.leg import Done, Parked, leg
from sopctl.engine.planner import Order, make_plan
from sopctl.engine.restore import Return, plan_return
from sopctl.engine.state import Outcome, RunEnd
from tests.engine.toys import ACTIONS, FUSES, LAMPS, Lit, bench, runbook, step, world
from tests.engine.toys import FakeClock as Clock

LAMPS_AND_FUSES = runbook(step("lamps", "toy.lamp"), step("fuses", "toy.fuse"))
BOTH = ["lamps", "fuses"]


@pytest.fixture
def b():
    return bench()


def blind(_world, _params):
    raise UnreachableError("no answer from toys", provider="toys")


def acting(b, **changes):
    """The bench's dependencies with changed lamps."""
    lamps = dataclasses.replace(LAMPS, **changes)
    return dataclasses.replace(b.deps, actions={**ACTIONS, "toy.lamp": lamps})


def missing_effect(b, book=LAMPS_AND_FUSES):
    """A run that is parked because its consumer sees nothing; everything is in place."""
    b.world.consume = lambda: None
    run = b.open(b.plan(book))
    assert isinstance(leg(run, b.deps), Parked)
    del b.world.consume
    return run


def way_back(b, run="r1", steps=()):
    held = holdings(all_runs(b.deps))
    asked = Return(source=b.state(run), way_back=(), target={"name": "toy"}, held=held, steps=steps)
    return plan_return(asked, b.deps)


def roll_back(b, plan, run="back"):
    open_run(run, plan, {}, records.consent("tester", "yes", plan.hash), b.deps)
    return leg(run, b.deps)


# A step was undone with the `when` of the way there, which by then was empty.
def test_a_step_with_a_late_when_is_undone(b):
    before = b.snapshot()
    plan = b.plan(LAMPS_AND_FUSES)
    late = dataclasses.replace(plan.steps[0], when="params.on", late_when=True)
    plan = dataclasses.replace(plan, steps=(late, plan.steps[1]), params={"on": True})
    b.world.answers["f0"] = [ReceiptKind.REJECTED]
    run = b.open(plan)
    leg(run, b.deps)

    b.say(records.undo(BOTH, "me", "enough"))

    assert leg(run, b.deps) == Done(RunEnd.UNDONE)
    assert b.snapshot() == before


# A step that waited for another, and whose `when` is false, was begun anew past its `when`.
def test_what_is_begun_again_after_a_retry_is_asked_its_when_again(b):
    plan = b.plan(LAMPS_AND_FUSES)
    lamps = dataclasses.replace(plan.steps[0], on_failure=OnFailure.CONTINUE)
    fuses = dataclasses.replace(plan.steps[1], when="gates", late_when=True)
    third = dataclasses.replace(plan.steps[1], id="more", needs=("lamps",))
    fuses = dataclasses.replace(fuses, needs=("lamps",))
    b.world.answers["l0"] = [ReceiptKind.REJECTED]
    run = b.open(dataclasses.replace(plan, steps=(fuses, lamps, third)))
    leg(run, b.deps)

    b.say(records.decision("lamps", "retry", "me"))
    leg(run, b.deps)

    assert b.state().work("fuses").outcome is Outcome.SKIPPED
    assert b.state().work("more").outcome is Outcome.APPLIED


# Only the steps next to the retried one were begun again.
def test_a_retry_begins_everything_again_that_was_skipped_for_it(b):
    book = runbook(
        step("lamps", "toy.lamp", on_failure=OnFailure.CONTINUE),
        step("second", "toy.fuse", needs=("lamps",)),
        step("third", "toy.fuse", needs=("second",)),
    )
    b.world.answers["l0"] = [ReceiptKind.REJECTED]
    run = b.open(b.plan(book))
    leg(run, b.deps)

    b.say(records.decision("lamps", "retry", "me"))

    assert leg(run, b.deps) == Done(RunEnd.DONE)
    assert b.state().work("third").outcome is Outcome.UNCHANGED


# A retry of a declined step was declined by the answer of before, for ever.
def test_a_declined_gate_is_asked_again_on_retry(b):
    run = b.open(b.plan(runbook(step("lamps", "toy.lamp", late=True, bound=1))))
    leg(run, b.deps)
    b.say(records.answer("bound:lamps", "no", "me", ""))
    assert leg(run, b.deps).why == "decision"

    b.say(records.decision("lamps", "retry", "me"))

    assert leg(run, b.deps).work == "bound:lamps"


# What can never be folded was appended all the same, and the run could not be read any more.
@pytest.mark.parametrize(
    "entry",
    [
        records.decision("nonsense", "skip", "me"),
        records.decision("lamps", "nonsense", "me"),
        dataclasses.replace(records.decision("lamps", "skip", "me"), kind="nonsense"),
    ],
)
def test_what_cannot_be_folded_is_not_recorded(b, entry):
    run = b.open(b.plan(LAMPS_AND_FUSES))

    with pytest.raises(UsageError):
        b.say(entry)

    assert leg(run, b.deps) == Done(RunEnd.DONE)


# A bug in an action left the lease behind, and lost the answers of the other calls in flight.
def test_a_bug_in_an_action_gives_back_the_lease_and_keeps_the_answers(b):
    def broken(call, clients, changes):
        if changes[0].resource.name == "l0":
            raise TypeError("a bug")
        yield from LAMPS.converge(call, clients, changes)

    run = b.open(b.plan(LAMPS_AND_FUSES))

    with pytest.raises(TypeError, match="a bug"):
        leg(run, acting(b, converge=broken, concurrency=2))

    assert isinstance(b.store.claim(run, "other", 5.0), Lease)
    answered = [len(r.data["items"]) for r in b.store.read(run) if r.kind == records.RESULT]
    assert answered == [1]


# A call that is lost again and again was sent again at once, without end.
def test_replies_that_get_lost_for_ever_end_in_a_decision(b):
    def lost(call, clients, changes):
        b.world.mutations += 1
        return [(c.resource, Receipt(kind=ReceiptKind.UNKNOWN, why="lost")) for c in changes]

    run = b.open(b.plan(LAMPS_AND_FUSES))

    result = leg(run, acting(b, converge=lost))

    assert isinstance(result, Parked)
    assert "not possible for 60 s" in result.detail
    assert b.world.mutations < 100


# An action that raised was believed to have sent nothing: its effect was not ours, and not undone.
def test_a_batch_that_breaks_off_after_it_was_sent_is_undone_too(b):
    def breaks(call, clients, changes):
        list(LAMPS.converge(call, clients, changes))
        raise UnreachableError("the line broke")
        yield

    before = b.snapshot()
    run = b.open(b.plan(runbook(step("lamps", "toy.lamp"))))
    assert leg(run, acting(b, converge=breaks)) == Done(RunEnd.DONE)

    assert len(holdings(all_runs(b.deps))) == 4
    assert roll_back(b, way_back(b)) == Done(RunEnd.UNDONE)
    assert b.snapshot() == before


# A late step whose provider was dead at plan time had no bound at all.
def test_a_late_step_that_could_not_be_planned_is_bounded_all_the_same(b):
    book = runbook(step("lamps", "toy.lamp", late=True))
    book = dataclasses.replace(book, guardrails={"lamp": Guardrail(count=2, percent=100)})
    order = Order(runbook=book, params={}, target={"name": "toy"})
    run = b.open(make_plan(order, acting(b, select=blind)))

    assert leg(run, b.deps).work == "bound:lamps"
    assert b.world.mutations == 0


# A retry that agreed to nothing in particular was taken as consent to everything.
def test_an_unplanned_step_that_is_retried_without_a_bound_asks(b):
    book = runbook(step("lamps", "toy.lamp", on_failure=OnFailure.CONTINUE))
    deps = acting(b, select=blind)
    run = b.open(make_plan(Order(runbook=book, params={}, target={"name": "toy"}), deps))
    leg(run, deps)

    b.say(records.decision("lamps", "retry", "me"))

    assert leg(run, b.deps).work == "bound:lamps"
    assert b.world.mutations == 0


def bright(_params, _resource, _seen):
    return Lit("lit bright")


TWICE = {
    **ACTIONS,
    "toy.shine": dataclasses.replace(LAMPS, id="toy.shine", desire=bright, effect=None),
}


def twice():
    """Two steps that change the same lamps, one after the other."""
    b = bench(world(Clock(), lamps=2, fuses=0), actions=TWICE)
    b.world.consume()
    plain = dataclasses.replace(LAMPS, effect=None)
    b.deps = dataclasses.replace(b.deps, actions={**TWICE, "toy.lamp": plain})
    first = step("one", "toy.lamp")
    return b, runbook(first, step("two", "toy.shine"), step("ask", "Go on?", kind=StepKind.GATE))


# When one of two steps was undone, the other one's change of the same resource was forgotten.
def test_undoing_one_of_two_steps_leaves_the_other_one_in_place():
    b, book = twice()
    before = b.snapshot()
    run = b.open(b.plan(book))
    leg(run, b.deps)
    leg(run, b.deps)
    b.say(records.undo(["two"], "me", ""))
    b.say(records.answer("ask", "yes", "me", ""))
    assert leg(run, b.deps) == Done(RunEnd.DONE)

    assert [h.step for h in holdings(all_runs(b.deps))] == ["one", "one"]
    assert set(b.world.marks.values()) == {"r1"}  # the mark of the step that stays stays, too
    assert roll_back(b, way_back(b)) == Done(RunEnd.UNDONE)
    assert b.snapshot() == before
    assert b.world.marks == {}


# Undone step by step, a run said that it was done.
def test_a_run_that_was_undone_step_by_step_says_so(b):
    before = b.snapshot()
    run = missing_effect(b)

    b.say(records.undo(["fuses"], "me", ""))
    b.say(records.undo(["lamps"], "me", ""))

    assert leg(run, b.deps) == Done(RunEnd.UNDONE)
    assert b.snapshot() == before


# What could not be restored, and was skipped, was said to be undone.
@pytest.mark.parametrize("choice", ["skip", "keep"])
def test_an_undo_that_failed_is_not_called_undone(b, choice):
    run = missing_effect(b)
    b.say(records.undo(BOTH, "me", ""))
    b.world.answers["l0"] = [ReceiptKind.REJECTED]
    assert leg(run, b.deps).work == "undo:lamps"
    assert b.world.marks["l0"] == "r1"  # nor was its mark to be taken off

    b.say(records.decision("undo:lamps", choice, "me"))

    assert leg(run, b.deps) == Done(RunEnd.UNDO_INCOMPLETE)
    assert [h.resource.name for h in holdings(all_runs(b.deps))] == ["l0"]


# Only the first of several steps that wait for a retry was ever asked about.
def test_every_step_that_waits_for_a_retry_is_asked_about(b):
    b.world.answers = {"l0": [ReceiptKind.REJECTED], "f0": [ReceiptKind.REJECTED]}
    book = runbook(
        step("lamps", "toy.lamp", on_failure=OnFailure.CONTINUE),
        step("fuses", "toy.fuse", on_failure=OnFailure.CONTINUE),
    )
    run = b.open(b.plan(book))
    assert leg(run, b.deps).work == "lamps"

    b.say(records.decision("lamps", "skip", "me"))

    assert leg(run, b.deps).work == "fuses"


# "Undo this" first did all that was left to do.
def test_undo_this_comes_before_anything_else(b):
    b.world.answers["l0"] = [ReceiptKind.REJECTED]
    run = b.open(b.plan(LAMPS_AND_FUSES))
    leg(run, b.deps)

    b.say(records.undo(["lamps"], "me", ""))
    leg(run, b.deps)

    ended = [r.data["work"] for r in b.store.read(run) if r.kind == records.ENDED]
    assert ended == ["lamps", "undo:lamps", "fuses"]


# A step went on although what it needs had been undone.
def test_a_step_whose_need_was_undone_is_skipped(b):
    book = runbook(step("lamps", "toy.lamp"), step("fuses", "toy.fuse", needs=("lamps",)))
    run = missing_effect(b, book)

    b.say(records.undo(["lamps"], "me", ""))
    leg(run, b.deps)

    assert b.state().work("fuses").outcome is Outcome.SKIPPED
    assert b.snapshot()["fuse", "f0"] is False


# To skip a stale resource was to skip the step's effect, too, before anybody knew of it.
def test_a_missing_effect_is_asked_about_although_the_outcome_was_accepted(b):
    b.world.consume = lambda: None
    run = b.open(b.plan(LAMPS_AND_FUSES))
    b.world.meddle("lamp", "l0", "purple")
    assert leg(run, b.deps).why == "decision"

    b.say(records.decision("lamps", "skip", "me"))

    result = leg(run, b.deps)
    assert (result.why, result.work) == ("effect", "lamps")
    b.say(records.decision("lamps", "skip", "me"))
    assert leg(run, b.deps).work == "fuses"


# A retry after a skip was accepted before it was tried.
def test_a_retry_after_a_skip_is_asked_about_again(b):
    b.world.answers["l0"] = [ReceiptKind.REJECTED] * 2
    book = runbook(step("lamps", "toy.lamp"), step("fuses", "toy.fuse", approve=Approve()))
    run = b.open(b.plan(book))
    leg(run, b.deps)
    b.say(records.decision("lamps", "skip", "me"))
    assert leg(run, b.deps).work == "approve:fuses"

    b.say(records.decision("lamps", "retry", "me"))

    result = leg(run, b.deps)
    assert (result.why, result.work) == ("decision", "lamps")


# A conflict that a person accepted kept its mark for ever.
def test_marks_go_when_a_conflict_is_kept(b):
    run = missing_effect(b)
    b.world.meddle("lamp", "l0", "purple")
    b.say(records.undo(BOTH, "me", ""))
    leg(run, b.deps)
    assert b.world.marks

    b.say(records.decision("undo:lamps", "keep", "me"))

    assert leg(run, b.deps) == Done(RunEnd.UNDONE)
    assert b.world.marks == {}
    assert b.snapshot()["lamp", "l0"] == "purple"


# A step that changed nothing in the end left its marks, and no roll back took them off.
def test_marks_go_when_nothing_was_changed_after_all(b):
    run = b.open(b.plan(LAMPS_AND_FUSES))
    for name, value in (("l0", True), ("l1", "lit dim"), ("l2", True), ("l3", True)):
        b.world.meddle("lamp", name, value)

    assert leg(run, b.deps) == Done(RunEnd.DONE)

    assert b.state().work("lamps").outcome is Outcome.UNCHANGED
    assert b.world.marks == {}


# What was made so by hand over a stale value was undone to the value of the plan.
def test_by_hand_over_a_stale_value_is_undone_to_that_value(b):
    run = b.open(b.plan(LAMPS_AND_FUSES))
    b.world.meddle("lamp", "l1", "purple")
    leg(run, b.deps)
    b.world.meddle("lamp", "l1", "lit dim")
    b.say(records.decision("lamps", "by-hand", "me"))
    assert leg(run, b.deps) == Done(RunEnd.DONE)
    b.world.foreign.clear()

    assert roll_back(b, way_back(b)) == Done(RunEnd.UNDONE)
    assert b.snapshot()["lamp", "l1"] == "purple"


# A background read that was refused ended every leg, so that the run could never end.
def test_a_background_read_that_is_denied_is_asked_about(b):
    def denied(*_):
        raise PermissionDeniedError("you may not look")

    effect = dataclasses.replace(FUSES.effect, look=denied)
    run = b.open(b.plan(LAMPS_AND_FUSES))

    result = leg(run, acting(b, effect=effect))

    assert (result.why, result.work) == ("effect", "lamps")
    assert "you may not look" in result.detail


# A leg wrote whatever plan it found, with consent to it or without.
def test_without_consent_to_this_very_plan_nothing_is_done(b):
    plan = b.plan(LAMPS_AND_FUSES)
    open_run("r1", plan, {}, records.consent("me", "yes", "another hash"), b.deps)

    with pytest.raises(RefusedError, match="nobody consented"):
        leg("r1", b.deps)

    assert b.world.mutations == 0
    assert isinstance(b.store.claim("r1", "other", 5.0), Lease)


# An action that is not in the catalog any more was a KeyError, or was left out in silence.
def test_an_action_that_is_gone_from_the_catalog_is_said(b):
    run = b.open(b.plan(LAMPS_AND_FUSES))
    newer = dataclasses.replace(b.deps, actions={"toy.lamp": LAMPS})

    with pytest.raises(RefusedError, match=r"uses toy\.fuse, which is not in the catalog"):
        leg(run, newer)

    leg(run, b.deps)
    b.deps = newer
    with pytest.raises(RefusedError, match=r"uses toy\.fuse, which is not in the catalog"):
        way_back(b)


# An open run could be rolled back by another one while it went on.
def test_a_run_that_has_not_ended_is_not_rolled_back(b):
    missing_effect(b)

    with pytest.raises(UsageError, match="has not ended"):
        way_back(b)


# A roll back that never began gave away what other runs were to keep.
def test_a_cancelled_roll_back_gives_nothing_away(b):
    leg(b.open(b.plan(LAMPS_AND_FUSES)), b.deps)
    held = holdings(all_runs(b.deps))
    order = Order(runbook=LAMPS_AND_FUSES, params={}, target={"name": "toy"}, held=held)
    leg(b.open(make_plan(order, b.deps), "r2"), b.deps)
    plan = way_back(b)
    open_run("back", plan, {}, records.consent("me", "yes", plan.hash), b.deps)

    b.say(records.end(RunEnd.CANCELLED), run="back")

    assert {h.run for h in holdings(all_runs(b.deps))} == {"r1", "r2"}


# An open run was undone under another one that had joined it.
def test_undo_leaves_what_another_run_joined_and_the_last_holder_restores(b):
    before = b.snapshot()
    run = missing_effect(b)
    held = holdings(all_runs(b.deps))
    order = Order(runbook=LAMPS_AND_FUSES, params={}, target={"name": "toy"}, held=held)
    leg(b.open(make_plan(order, b.deps), "r2"), b.deps)
    lit = b.snapshot()

    b.say(records.undo(BOTH, "me", ""))
    assert leg(run, b.deps) == Done(RunEnd.UNDONE)

    assert b.snapshot() == lit
    assert roll_back(b, way_back(b, "r2")) == Done(RunEnd.UNDONE)
    assert b.snapshot() == before


# A run that was cancelled went on to hold what it had joined, and nobody restored it.
def test_a_cancelled_run_holds_nothing_that_another_one_holds(b):
    before = b.snapshot()
    leg(b.open(b.plan(LAMPS_AND_FUSES)), b.deps)
    held = holdings(all_runs(b.deps))
    order = Order(runbook=LAMPS_AND_FUSES, params={}, target={"name": "toy"}, held=held)
    b.open(make_plan(order, b.deps), "r2")
    b.say(records.end(RunEnd.CANCELLED), run="r2")

    assert roll_back(b, way_back(b)) == Done(RunEnd.UNDONE)
    assert b.snapshot() == before


# What a roll back had yet to restore could be joined, or rolled back by a second one.
def test_what_is_being_given_back_is_left_to_that_roll_back(b):
    leg(b.open(b.plan(LAMPS_AND_FUSES)), b.deps)
    b.world.meddle("lamp", "l0", "purple")
    assert isinstance(roll_back(b, way_back(b)), Parked)
    b.world.meddle("lamp", "l0", True)
    order = Order(
        runbook=LAMPS_AND_FUSES,
        params={},
        target={"name": "toy"},
        held=holdings(all_runs(b.deps)),
    )

    with pytest.raises(RefusedError, match="being given back by run back"):
        make_plan(order, b.deps)
    with pytest.raises(UsageError, match="being rolled back by run back"):
        way_back(b)
    assert way_back(b, steps=("fuses",)).empty


# An unplanned step did not say how it is undone, what is watched, nor that it waits for the rest.
def test_an_unplanned_step_declares_what_its_action_does(b):
    def no_facts(*_):
        raise UnreachableError("no facts", provider="toys")

    language = b.deps.language
    language.data = no_facts
    planned = b.plan(runbook(step("pods", "toy.pod"), step("lamps", "toy.lamp"))).steps

    assert [(s.undo, s.barrier, bool(s.effect)) for s in planned] == [
        (ACTIONS["toy.pod"].undo, True, False),
        (LAMPS.undo, False, True),
    ]
    assert all(s.unplanned for s in planned)


# Every move compared every resource with every other one: 2,000 took ten minutes.
def test_many_resources_do_not_take_a_square_of_the_work():
    def calls(lamps: int) -> int:
        """How many functions are called until as many lamps are lit."""
        b = bench(world(Clock(), lamps=lamps, fuses=0))
        wide = {"lamp": Guardrail(count=10_000, percent=100)}
        book = dataclasses.replace(runbook(step("lamps", "toy.lamp")), guardrails=wide)
        run = b.open(b.plan(book))
        called = 0

        def count(_frame, event, _arg):
            nonlocal called
            called += event == "call"

        sys.setprofile(count)
        try:
            assert leg(run, b.deps) == Done(RunEnd.DONE)
        finally:
            sys.setprofile(None)
        return called

    assert calls(400) < 6 * calls(100)  # a square would be 16 times as many
