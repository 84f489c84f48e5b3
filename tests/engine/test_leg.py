from __future__ import annotations

import dataclasses

import pytest

from sopctl.core.action import ReceiptKind
from sopctl.core.errors import RefusedError, UnreachableError
from sopctl.core.runbook import Approve, OnFailure
from sopctl.engine import records
from sopctl.engine.holdings import holdings
from sopctl.engine.leg import Busy, Done, Parked, leg
from sopctl.engine.restore import THEIRS, Return, plan_return
from sopctl.engine.state import Outcome, Phase, RunEnd
from sopctl.views import events
from tests.engine.toys import FUSES, FakeClock, Lit, bench, observe, problems, runbook, step, world


@pytest.fixture
def b():
    made = bench()
    made.world.journal = made.state
    return made


BOOK = runbook(step("lamps", "toy.lamp"), step("fuses", "toy.fuse"))


def start(b, book=BOOK, **params):
    return b.open(b.plan(book, **params))


def outcomes(b, run="r1"):
    return {work.key: work.outcome for work in b.state(run).works}


def test_a_run_lights_everything_and_says_so(b):
    before = b.snapshot()
    run = start(b)

    assert leg(run, b.deps) == Done(RunEnd.DONE)
    assert set(b.snapshot().values()) == {True, "lit dim"}
    assert outcomes(b) == {"lamps": Outcome.APPLIED, "fuses": Outcome.APPLIED}
    assert problems(b, b.state(), before=before) == []


def test_planning_changes_nothing(b):
    before = b.snapshot()

    plan = b.plan(BOOK)

    assert (b.snapshot(), b.world.mutations) == (before, 0)
    assert plan.changes == 6


def test_a_second_run_changes_nothing(b):
    leg(start(b), b.deps)
    mutations = b.world.mutations

    plan = b.plan(BOOK)

    assert plan.changes == 0
    assert plan.empty
    assert b.world.mutations == mutations


def test_effects_are_watched_while_later_steps_go_on(b):
    b.world.consume()
    leg(start(b), b.deps)

    kinds = [(r.kind, r.data.get("work"), r.data.get("what")) for r in b.store.read("r1")]
    fuses_done = kinds.index(("ended", "fuses", None))
    assert fuses_done < kinds.index(("watch", "lamps", "effect"))


def test_an_effect_that_never_comes_parks_the_run_and_undoes_nothing(b):
    b.world.consume = lambda: None
    run = start(b)

    result = leg(run, b.deps)

    assert isinstance(result, Parked)
    assert result.why == "effect"
    assert "effect missing" in result.detail
    assert set(b.snapshot().values()) == {True, "lit dim"}


def test_a_disruptive_step_waits_for_every_outstanding_effect():
    made = bench(world(FakeClock(), lamps=2, fuses=0, pods=2))
    book = runbook(step("lamps", "toy.lamp"), step("pods", "toy.pod"))
    leg(start(made, book), made.deps)

    kinds = [(r.kind, r.data.get("work"), r.data.get("what")) for r in made.store.read("r1")]
    assert kinds.index(("watch", "lamps", "effect")) < kinds.index(("step", "pods", None))


def test_a_resource_that_moved_is_left_alone_and_the_others_go_on(b):
    run = start(b)
    b.world.meddle("lamp", "l1", "purple")

    result = leg(run, b.deps)

    assert isinstance(result, Parked)
    assert result.why == "decision"
    assert b.snapshot()["lamp", "l1"] == "purple"
    assert b.snapshot()["lamp", "l0"] is True
    stale = [i for i in b.state().work("lamps").items.values() if i.phase is Phase.STALE]
    assert [(i.before, i.now, i.after) for i in stale] == [
        ({"lit": "dim"}, {"lit": "purple"}, {"lit": "lit dim"})
    ]


def test_what_moved_to_the_same_end_is_written_noted_and_given_back_as_it_was_found(b):
    run = start(b)
    b.world.meddle("fuse", "f1", 7)
    b.world.foreign.clear()

    assert leg(run, b.deps) == Done(RunEnd.DONE)

    moved = [i for i in b.state().work("fuses").items.values() if i.moved]
    assert [(i.resource.name, i.planned, i.before) for i in moved] == [
        ("f1", {"lit": 0}, {"lit": 7})
    ]
    told = [text for r in b.store.read(run) for text, _ in events.brief(r)]
    assert any("somebody else changed fuse f1 since the plan" in text for text in told)
    back = plan_return(
        Return(source=b.state(), way_back=(), target={"name": "toy"}, held=holdings([b.state()])),
        b.deps,
    )
    (fuses,) = [each for each in back.steps if each.id == "restore:fuses"]
    assert fuses.notes == (f"fuse f1: {THEIRS}",)
    b.world.journal = lambda: b.state("r2")
    leg(b.open(back, run="r2"), b.deps)
    assert b.snapshot()["fuse", "f1"] == 7


@pytest.mark.parametrize(
    ("choice", "l1", "end"),
    [
        ("skip", "purple", RunEnd.PARTIAL),
        ("retry", "lit purple", RunEnd.DONE),
        ("keep", "purple", RunEnd.PARTIAL),
    ],
)
def test_a_person_decides_about_a_stale_resource(b, choice, l1, end):
    run = start(b)
    b.world.meddle("lamp", "l1", "purple")
    leg(run, b.deps)
    b.world.foreign.clear()

    b.say(records.decision("lamps", choice, "me"))

    assert leg(run, b.deps) == Done(end)
    assert b.snapshot()["lamp", "l1"] == l1


def test_what_somebody_else_did_already_is_not_ours_to_take_back(b):
    run = start(b)
    b.world.meddle("lamp", "l0", True)
    b.world.foreign.clear()
    leg(run, b.deps)

    assert b.state().work("lamps").items[next(iter(b.state().work("lamps").items))].phase is (
        Phase.UNCHANGED
    )
    assert "l0" not in [item.resource.name for _, item in b.state().in_place]


def test_undo_puts_everything_back_newest_first(b):
    before = b.snapshot()
    run = start(b)
    b.world.consume = lambda: None
    leg(run, b.deps)
    del b.world.consume

    b.say(records.undo(["lamps", "fuses"], "me", "tired"))

    assert leg(run, b.deps) == Done(RunEnd.UNDONE)
    assert b.snapshot() == before
    assert [w.key for w in b.state().works if w.back] == ["undo:fuses", "undo:lamps"]
    assert b.world.marks == {}


def test_undo_never_tramples_somebody_elses_change(b):
    run = start(b)
    b.world.consume = lambda: None
    leg(run, b.deps)
    del b.world.consume
    b.world.meddle("lamp", "l0", "purple")
    b.say(records.undo(["lamps", "fuses"], "me", "tired"))

    result = leg(run, b.deps)
    assert isinstance(result, Parked)
    b.say(records.decision("undo:lamps", "skip", "me"))

    assert leg(run, b.deps) == Done(RunEnd.UNDO_INCOMPLETE)
    assert b.snapshot()["lamp", "l0"] == "purple"


def test_a_person_may_restore_over_somebody_elses_change(b):
    before = b.snapshot()
    run = start(b)
    b.world.consume = lambda: None
    leg(run, b.deps)
    del b.world.consume
    b.world.meddle("lamp", "l0", "purple")
    b.world.foreign.clear()
    b.say(records.undo(["lamps", "fuses"], "me", "tired"))
    leg(run, b.deps)

    b.say(records.decision("undo:lamps", "restore", "me"))

    assert leg(run, b.deps) == Done(RunEnd.UNDONE)
    assert b.snapshot() == before


def test_a_resource_of_another_incarnation_is_residue_and_not_a_question(b):
    run = start(b)
    b.world.consume = lambda: None
    leg(run, b.deps)
    del b.world.consume
    b.world.things["lamp", "l0"].uid = "u2"
    b.say(records.undo(["lamps", "fuses"], "me", "tired"))

    assert leg(run, b.deps) == Done(RunEnd.UNDONE)
    assert b.snapshot()["lamp", "l0"] is True


def test_a_rejected_change_stops_the_run_with_the_rest_in_place(b):
    b.world.answers["l2"] = [ReceiptKind.REJECTED]
    run = start(b)

    result = leg(run, b.deps)

    assert isinstance(result, Parked)
    assert result.work == "lamps"
    assert b.snapshot()["lamp", "l3"] is True
    b.say(records.decision("lamps", "retry", "me"))
    assert leg(run, b.deps) == Done(RunEnd.DONE)


def test_continue_goes_on_and_retry_finishes_what_was_left(b):
    b.world.answers["l2"] = [ReceiptKind.REJECTED]
    book = runbook(
        step("lamps", "toy.lamp", on_failure=OnFailure.CONTINUE),
        step("fuses", "toy.fuse"),
        step("more", "toy.fuse", needs=("lamps",)),
    )
    run = start(b, book)

    result = leg(run, b.deps)

    assert isinstance(result, Parked)
    assert outcomes(b) == {
        "lamps": Outcome.PENDING_RETRY,
        "fuses": Outcome.APPLIED,
        "more": Outcome.SKIPPED,
    }
    b.say(records.decision("lamps", "retry", "me"))
    assert leg(run, b.deps) == Done(RunEnd.DONE)
    assert outcomes(b)["more"] is Outcome.UNCHANGED


def test_on_failure_undo_takes_everything_back_by_itself(b):
    before = b.snapshot()
    b.world.answers["f1"] = [ReceiptKind.REJECTED]
    book = runbook(step("lamps", "toy.lamp"), step("fuses", "toy.fuse", on_failure=OnFailure.UNDO))

    assert leg(start(b, book), b.deps) == Done(RunEnd.UNDONE)
    assert b.snapshot() == before


def test_not_yet_is_asked_again_until_patience_ends(b):
    b.world.answers["l0"] = [ReceiptKind.NOT_YET] * 3
    assert leg(start(b), b.deps) == Done(RunEnd.DONE)

    b.world.meddle("lamp", "l0", False)
    b.world.foreign.clear()
    b.world.answers["l0"] = [ReceiptKind.NOT_YET] * 1000
    run = b.open(b.plan(BOOK), "r2")
    result = leg(run, b.deps)
    assert isinstance(result, Parked)
    assert "not possible for 60 s" in result.detail


def test_a_lost_reply_is_looked_at_and_never_sent_blindly(b):
    b.world.answers["l0"] = [ReceiptKind.UNKNOWN]

    assert leg(start(b), b.deps) == Done(RunEnd.DONE)
    assert b.world.effective["l0"] == 1


def test_a_gate_parks_without_holding_anything(b):
    book = runbook(step("lamps", "toy.lamp", approve=Approve(reason=True)))
    run = start(b, book)

    result = leg(run, b.deps)

    assert isinstance(result, Parked)
    assert (result.why, result.work) == ("gate", "approve:lamps")
    assert b.store.claim(run, "other", 5.0).epoch > 0
    b.clock.sleep(10)
    b.say(records.answer("approve:lamps", "yes", "you", "because"))
    assert leg(run, b.deps) == Done(RunEnd.DONE)


def test_a_late_selection_beyond_its_bound_becomes_a_gate(b):
    book = runbook(step("lamps", "toy.lamp", late=True, bound=2))
    run = start(b, book)

    result = leg(run, b.deps)

    assert isinstance(result, Parked)
    assert result.work == "bound:lamps"
    b.say(records.answer("bound:lamps", "yes", "me", ""))
    assert leg(run, b.deps) == Done(RunEnd.DONE)


def test_a_check_waits_until_it_holds_and_fails_when_its_time_is_over(b):
    book = runbook(
        step("lamps", "toy.lamp"),
        step("bright", "toy.bright", params={"name": "l0"}, wait=10.0),
    )
    assert leg(start(b, book), b.deps) == Done(RunEnd.DONE)

    dark = runbook(step("bright", "toy.bright", params={"name": "l0"}, wait=10.0))
    b.world.meddle("lamp", "l0", False)
    result = leg(b.open(b.plan(dark), "r2"), b.deps)
    assert isinstance(result, Parked)
    assert result.work == "bright"


def test_a_target_that_another_run_works_on_is_busy(b):
    one, two = start(b), b.open(b.plan(BOOK), "r2")
    lease = b.store.claim(one, "someone", 30.0)
    b.store.lock_target("toy", lease, "2026-11-01T03:00:00.000000Z")

    result = leg(two, b.deps)

    assert isinstance(result, Busy)
    assert result.holder.run == one
    assert b.world.mutations == 0


def test_a_late_when_is_decided_at_the_step_from_outcomes(b):
    book = runbook(step("lamps", "toy.lamp"), step("fuses", "toy.fuse"))
    plan = b.plan(book)
    steps = (plan.steps[0], dataclasses.replace(plan.steps[1], when="gates", late_when=True))
    run = b.open(dataclasses.replace(plan, steps=steps))

    leg(run, b.deps)

    assert outcomes(b)["fuses"] is Outcome.SKIPPED


WITH_WHEN = runbook(
    step("lamps", "toy.lamp"), step("fuses", "toy.fuse", when="facts.ok"), step("end", "toy.lamp")
)


def says(b, verdict):
    """From now on every `when` says *verdict*, or raises it."""

    def when(_source, _env):
        if isinstance(verdict, Exception):
            raise verdict
        return verdict

    b.deps.language.when = when


@pytest.mark.parametrize("planned", [True, False])
def test_a_when_that_still_says_the_same_asks_nobody(b, planned):
    says(b, planned)
    run = start(b, WITH_WHEN)

    assert leg(run, b.deps) == Done(RunEnd.DONE)

    assert outcomes(b)["fuses"] is (Outcome.APPLIED if planned else Outcome.SKIPPED)


@pytest.mark.parametrize("planned", [True, False])
def test_a_when_that_says_something_else_now_parks_at_its_step(b, planned):
    says(b, planned)
    run = start(b, WITH_WHEN)
    says(b, not planned)

    result = leg(run, b.deps)

    assert isinstance(result, Parked)
    assert (result.why, result.work) == ("gate", "when:fuses")
    assert "as planned?" in result.detail
    assert outcomes(b)["lamps"] is Outcome.APPLIED
    b.say(records.answer("when:fuses", "yes", "me", ""))
    assert leg(run, b.deps) == Done(RunEnd.DONE)
    assert outcomes(b)["fuses"] is (Outcome.APPLIED if planned else Outcome.SKIPPED)


def test_a_step_whose_when_became_false_is_left_out_when_a_person_says_so(b):
    says(b, True)
    run = start(b, WITH_WHEN)
    says(b, False)
    leg(run, b.deps)

    b.say(records.answer("when:fuses", "no", "me", ""))

    assert leg(run, b.deps) == Done(RunEnd.DONE)
    assert outcomes(b)["fuses"] is Outcome.SKIPPED


def test_a_step_whose_when_became_true_is_planned_anew_when_a_person_says_so(b):
    says(b, False)
    run = start(b, WITH_WHEN)
    says(b, True)
    leg(run, b.deps)

    b.say(records.answer("when:fuses", "no", "me", ""))
    result = leg(run, b.deps)

    assert isinstance(result, Parked)
    assert (result.why, result.work) == ("decision", "fuses")
    b.say(records.decision("fuses", "retry", "me", bound=2))
    assert leg(run, b.deps) == Done(RunEnd.DONE)
    assert outcomes(b)["fuses"] is Outcome.APPLIED


def test_an_unplanned_step_whose_when_is_false_is_not_carried_out_when_retried(b):
    says(b, UnreachableError("no facts", provider="toys"))
    run = start(b, WITH_WHEN)
    assert outcomes(b)["fuses"] is None
    leg(run, b.deps)
    says(b, False)

    b.say(records.decision("fuses", "retry", "me", bound=2))

    assert leg(run, b.deps) == Done(RunEnd.DONE)
    assert outcomes(b)["fuses"] is Outcome.SKIPPED
    assert b.snapshot()["fuse", "f0"] is False


def test_of_facts_that_cannot_be_read_at_the_step_the_plan_still_counts(b):
    says(b, True)
    run = start(b, WITH_WHEN)
    says(b, UnreachableError("no facts", provider="toys"))

    assert leg(run, b.deps) == Done(RunEnd.DONE)

    assert outcomes(b)["fuses"] is Outcome.APPLIED
    (verdict,) = [r.data for r in b.store.read(run) if r.kind == records.VERDICT]
    assert verdict["why"] == "as planned: no facts"


def test_a_when_that_cannot_be_evaluated_any_more_halts(b):
    says(b, True)
    run = start(b, WITH_WHEN)
    says(b, RefusedError("no such key"))

    result = leg(run, b.deps)

    assert isinstance(result, Parked)
    assert (result.why, result.work) == ("decision", "fuses")
    assert "cannot be evaluated: no such key" in result.detail


def test_marks_stand_before_the_first_change_and_go_after_the_return(b):
    seen = []
    b.world.wire = lambda point: seen.append(dict(b.world.marks))
    run = start(b)
    leg(run, b.deps)

    assert set(seen[0]) == {"l0", "l1", "l2", "l3"}
    assert set(b.world.marks.values()) == {"r1"}


def test_a_before_image_that_the_journal_would_redact_is_not_written_over(b):
    b.world.things["lamp", "l1"].value = "AKIAIOSFODNN7EXAMPLE"
    run = b.open(b.plan(BOOK))

    result = leg(run, b.deps)

    assert isinstance(result, Parked)
    assert b.snapshot()["lamp", "l1"] == "AKIAIOSFODNN7EXAMPLE"
    assert b.snapshot()["lamp", "l0"] is True
    assert all("AKIA" not in str(record) for record in b.store.read(run))


def test_a_late_before_image_that_the_journal_would_redact_is_not_written_over(b):
    b.world.things["lamp", "l1"].value = "AKIAIOSFODNN7EXAMPLE"
    run = b.open(b.plan(runbook(step("lamps", "toy.lamp", late=True, bound=9))))

    leg(run, b.deps)

    assert b.snapshot()["lamp", "l1"] == "AKIAIOSFODNN7EXAMPLE"


def test_undo_leaves_what_owners_recreate_to_their_owners():
    made = bench(world(FakeClock(), lamps=2, fuses=0, pods=2))
    before = made.snapshot()
    book = runbook(step("pods", "toy.pod"), step("lamps", "toy.lamp"))
    made.world.answers["l1"] = [ReceiptKind.REJECTED]
    run = start(made, book)
    leg(run, made.deps)

    made.say(records.undo(["pods", "lamps"], "me", "enough"))

    assert leg(run, made.deps) == Done(RunEnd.UNDONE)
    lamps = {key: value for key, value in made.snapshot().items() if key[0] == "lamp"}
    assert lamps == {key: value for key, value in before.items() if key[0] == "lamp"}


def test_a_retry_plans_a_rejected_change_anew_from_what_is_there_by_then(b):
    """As maximum = desired does: the state is as planned, but the end is another by now."""
    desired = {"value": 3}

    def observe_desired(world, params, ids):
        seen = observe(world, params, ids)
        return {i: dataclasses.replace(s, evidence=dict(desired)) for i, s in seen.items()}

    action = dataclasses.replace(
        FUSES,
        observe=observe_desired,
        desire=lambda params, i, seen: Lit(seen.evidence["value"]),
        effect=None,
    )
    deps = dataclasses.replace(b.deps, actions={**b.deps.actions, "toy.fuse": action})
    made = dataclasses.replace(b, deps=deps)
    run = made.open(made.plan(runbook(step("fuses", "toy.fuse"))))
    desired["value"] = 4
    made.world.answers["f0"] = [ReceiptKind.REJECTED]

    assert isinstance(leg(run, deps), Parked)
    made.say(records.decision("fuses", "retry", "me"))
    assert leg(run, deps) == Done(RunEnd.DONE)
    assert made.snapshot()["fuse", "f0"] == 4
    assert made.snapshot()["fuse", "f1"] == 3
