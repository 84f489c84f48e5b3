from __future__ import annotations

from dataclasses import replace

import pytest

from sopctl.core.action import Receipt, ReceiptKind
from sopctl.core.errors import RefusedError, StalePlanError, UnreachableError, UsageError
from sopctl.core.runbook import ReturnEntry, ReturnKind
from sopctl.engine import records
from sopctl.engine.control import all_runs, open_run
from sopctl.engine.holdings import holdings
from sopctl.engine.leg import Done, Parked, leg
from sopctl.engine.planner import Order, make_plan
from sopctl.engine.restore import Return, plan_return
from sopctl.engine.state import Phase, RunEnd
from tests.engine.loops import Points, die
from tests.engine.toys import FakeClock, Thing, bench, runbook, step, world

BOOK = runbook(step("lamps", "toy.lamp"), step("fuses", "toy.fuse"))


@pytest.fixture
def b():
    made = bench()
    made.before = made.snapshot()
    made.open(made.plan(BOOK))
    leg("r1", made.deps)
    return made


def way_back(b, run="r1", entries=(), steps=()):
    asked = Return(
        source=b.state(run),
        way_back=entries,
        target={"name": "toy"},
        held=holdings(all_runs(b.deps)),
        steps=steps,
    )
    return plan_return(asked, b.deps)


def roll_back(b, plan, run="back"):
    consent = records.consent("tester", "yes", plan.hash)
    open_run(run, plan, {}, consent, b.deps)
    return leg(run, b.deps)


def again(b, book, run):
    """Plan and run *book* while other runs are open."""
    held = holdings(all_runs(b.deps))
    order = Order(runbook=book, params={}, target={"name": "toy"}, held=held)
    b.open(make_plan(order, b.deps), run)
    return leg(run, b.deps)


def test_a_finished_run_is_rolled_back_exactly_and_loses_its_marks(b):
    assert roll_back(b, way_back(b)) == Done(RunEnd.UNDONE)
    assert b.snapshot() == b.before
    assert b.world.marks == {}
    assert holdings(all_runs(b.deps)) == ()


def test_planning_the_way_back_changes_nothing(b):
    mutations, snapshot = b.world.mutations, b.snapshot()

    plan = way_back(b)

    assert [s.id for s in plan.steps] == ["restore:fuses", "restore:lamps"]
    assert (b.world.mutations, b.snapshot()) == (mutations, snapshot)


def test_a_second_roll_back_has_nothing_to_do(b):
    roll_back(b, way_back(b))

    assert way_back(b).empty


def test_somebody_elses_change_is_shown_in_the_plan_and_asked_about(b):
    b.world.meddle("lamp", "l0", "purple")

    plan = way_back(b)
    result = roll_back(b, plan)

    assert any("changed by somebody else" in note for s in plan.steps for note in s.notes)
    assert isinstance(result, Parked)
    assert b.snapshot()["lamp", "l0"] == "purple"
    b.say(records.decision("restore:lamps", "keep", "me"), run="back")
    assert leg("back", b.deps) == Done(RunEnd.UNDONE)


def test_what_is_back_already_is_not_written_again(b):
    b.world.meddle("lamp", "l0", False)
    writes = b.world.effective.get("l0")

    assert roll_back(b, way_back(b)) == Done(RunEnd.UNDONE)
    assert b.world.effective.get("l0") == writes


def test_a_gone_resource_is_residue(b):
    del b.world.things["lamp", "l0"]

    assert roll_back(b, way_back(b)) == Done(RunEnd.UNDONE)
    phases = {
        i.resource.name: i.phase for i in b.state("back").work("restore:lamps").items.values()
    }
    assert phases["l0"] is Phase.RESIDUE


def test_one_step_can_be_rolled_back_alone(b):
    assert roll_back(b, way_back(b, steps=("fuses",))) == Done(RunEnd.UNDONE)
    assert b.snapshot()["fuse", "f0"] is False
    assert b.snapshot()["lamp", "l0"] is True
    with pytest.raises(UsageError, match="no step nonsense"):
        way_back(b, steps=("nonsense",))


def test_the_return_of_the_runbook_gives_the_stages_and_the_canary(b):
    entries = (
        ReturnEntry(kind=ReturnKind.RESTORE, restore=("lamps",), canary=1),
        ReturnEntry(kind=ReturnKind.RESTORE, restore=("fuses",)),
    )

    plan = way_back(b, entries=entries)

    assert [(s.id, len(s.changes)) for s in plan.steps] == [
        ("restore:lamps:canary", 1),
        ("restore:lamps", 3),
        ("restore:fuses", 2),
    ]
    assert roll_back(b, plan) == Done(RunEnd.UNDONE)
    assert b.snapshot() == b.before


def test_a_step_that_the_return_forgets_is_restored_all_the_same(b):
    plan = way_back(b, entries=(ReturnEntry(kind=ReturnKind.RESTORE, restore=("lamps",)),))

    assert roll_back(b, plan) == Done(RunEnd.UNDONE)
    assert b.snapshot() == b.before


def test_pods_that_their_owners_recreated_are_listed_and_not_undone():
    b = bench(world(FakeClock(), lamps=1, fuses=0, pods=2))
    b.open(b.plan(runbook(step("lamps", "toy.lamp"), step("pods", "toy.pod"))))
    leg("r1", b.deps)

    plan = way_back(b)

    assert plan.steps[0].undoes == "2 pod not undone: their owners made new ones"
    assert roll_back(b, plan) == Done(RunEnd.UNDONE)
    assert holdings(all_runs(b.deps)) == ()


def test_a_run_that_finds_it_done_joins_and_the_last_holder_restores(b):
    assert again(b, BOOK, "r2") == Done(RunEnd.DONE)

    first = way_back(b, "r1")
    assert all("still holds it" in note for s in first.steps for note in s.notes)
    assert roll_back(b, first, "back1") == Done(RunEnd.UNDONE)
    lit = b.snapshot()
    assert lit != b.before

    assert roll_back(b, way_back(b, "r2"), "back2") == Done(RunEnd.UNDONE)
    assert b.snapshot() == b.before


def test_another_state_for_a_held_resource_is_refused(b):
    other = runbook(step("lamps", "toy.lamp", params={"lit": "bright"}))

    with pytest.raises(RefusedError, match="held by run r1"):
        again(b, other, "r2")


@pytest.fixture
def counting():
    """A bench whose lamps are as good at a higher level as at the one that is asked for."""
    made = bench()
    enough = replace(made.deps.actions["toy.lamp"], suffices=lambda held, new: held.lit >= new.lit)
    made.deps = replace(made.deps, actions={**made.deps.actions, "toy.lamp": enough})
    made.before = made.snapshot()
    level(made, 5, "r1")
    return made


def level(b, lit, run):
    book = runbook(step("lamps", "toy.lamp", params={"names": ["l0", "l3"], "lit": lit}))
    return again(b, book, run)


def test_what_another_run_holds_well_enough_is_joined_as_it_stands(counting):
    b = counting
    held = b.snapshot()
    assert level(b, 3, "r2") == Done(RunEnd.DONE)
    assert b.snapshot() == held
    assert [len(each.joined) for each in b.state("r2").plan.steps] == [2]

    roll_back(b, way_back(b, "r1"), "back1")
    assert b.snapshot() == held
    roll_back(b, way_back(b, "r2"), "back2")
    assert b.snapshot() == b.before


def test_what_is_not_enough_or_does_not_stand_any_more_is_refused(counting):
    with pytest.raises(RefusedError, match="held by run r1"):
        level(counting, 7, "r2")
    counting.world.meddle("lamp", "l0", 4)
    with pytest.raises(RefusedError, match="held by run r1"):
        level(counting, 3, "r3")


def crash_way_back(place):
    b = bench()
    before = b.snapshot()
    b.open(b.plan(BOOK))
    leg("r1", b.deps)
    plan = way_back(b)
    open_run("back", plan, {}, records.consent("t", "yes", plan.hash), b.deps)
    points = Points(at={place: die})
    b.world.wire = points
    try:
        leg("back", b.worker("w2", point=points))
    except BaseException:  # noqa: BLE001  # the crash
        b.clock.sleep(31)
    b.world.wire = None
    return b, before, leg("back", b.worker("w3"))


@pytest.mark.parametrize("place", range(60))
def test_a_crash_anywhere_on_the_way_back_is_resumed(place):
    b, before, end = crash_way_back(place)

    assert end == Done(RunEnd.UNDONE)
    assert b.snapshot() == before


def test_a_call_that_may_still_land_is_fenced_by_the_roll_back_too():
    """The forward run was adopted by another worker; the first one's call is still unanswered."""
    b = bench()
    before = b.snapshot()
    b.open(b.plan(BOOK))
    b.world.wire = lambda name: (_ for _ in ()).throw(SystemExit) if "fuse" in name else None
    with pytest.raises(SystemExit):
        leg("r1", b.deps)
    b.world.wire = None
    b.clock.sleep(31)
    assert leg("r1", b.worker("w2")) == Done(RunEnd.DONE)
    sent = b.clock.now()

    assert roll_back(b, way_back(b)) == Done(RunEnd.UNDONE)
    assert b.snapshot() == before
    assert (b.clock.now() - sent).total_seconds() > 100


def test_a_fence_that_finds_no_connection_is_put_up_a_moment_later():
    b = bench()
    before = b.snapshot()
    b.open(b.plan(BOOK))
    b.world.wire = lambda name: (_ for _ in ()).throw(SystemExit) if "lamp" in name else None
    with pytest.raises(SystemExit):
        leg("r1", b.deps)
    b.world.wire = None
    b.clock.sleep(31)
    assert leg("r1", b.worker("w2")) == Done(RunEnd.DONE)
    lamps, refusals = b.deps.actions["toy.lamp"], [UnreachableError("the API server is away")] * 9

    def touch(*given):
        if refusals:
            raise refusals.pop()
        lamps.touch(*given)

    b.deps = replace(b.deps, actions={**b.deps.actions, "toy.lamp": replace(lamps, touch=touch)})
    assert roll_back(b, way_back(b)) == Done(RunEnd.UNDONE)
    assert b.snapshot() == before
    fences = [r.data for r in b.store.read("back") if r.kind == records.FENCE]
    assert [each["tries"] for each in fences if each["how"] == "touched"] == [10]


def test_what_goes_while_it_cannot_be_restored_yet_is_residue_and_no_decision(b):
    """A node that the autoscaler is about to remove: not uncordoned, and gone in a moment."""
    lamps = b.deps.actions["toy.lamp"]

    def converge(call, world, changes):
        for each in changes:
            if each.resource.name == "l0":
                world.things.pop(("lamp", "l0"))
                yield each.resource, Receipt(kind=ReceiptKind.NOT_YET, why="leaving", after=5.0)
            else:
                yield from lamps.converge(call, world, [each])

    leaving = replace(lamps, converge=converge)
    b.deps = replace(b.deps, actions={**b.deps.actions, "toy.lamp": leaving})
    assert roll_back(b, way_back(b)) == Done(RunEnd.UNDONE)
    phases = {
        i.resource.name: i.phase for i in b.state("back").work("restore:lamps").items.values()
    }
    assert phases["l0"] is Phase.RESIDUE
    assert b.snapshot() == {key: value for key, value in b.before.items() if key != ("lamp", "l0")}


def test_a_return_may_use_an_action_of_its_own(b):
    b.world.things["pod", "p0"] = Thing("running")
    entries = (
        ReturnEntry(kind=ReturnKind.RESTORE, restore=("lamps",)),
        ReturnEntry(kind=ReturnKind.USES, step=step("respread", "toy.pod", bound=3)),
        ReturnEntry(kind=ReturnKind.RESTORE, restore=("fuses",)),
    )

    assert roll_back(b, way_back(b, entries=entries)) == Done(RunEnd.UNDONE)
    assert b.snapshot() == {**b.before, ("pod", "p0"): None}


@pytest.mark.parametrize("respread", [True, False])
def test_what_the_way_back_uses_can_be_left_out_by_a_parameter(respread):
    b = bench()
    b.open(b.plan(BOOK, respread=respread))
    leg("r1", b.deps)
    b.world.things["pod", "p0"] = Thing("running")
    own = replace(step("respread", "toy.pod", bound=3), when="params.respread")
    entries = (
        ReturnEntry(kind=ReturnKind.RESTORE, restore=("lamps",)),
        ReturnEntry(kind=ReturnKind.USES, step=own),
        ReturnEntry(kind=ReturnKind.RESTORE, restore=("fuses",)),
    )

    assert roll_back(b, way_back(b, entries=entries)) == Done(RunEnd.UNDONE)
    assert b.snapshot()["pod", "p0"] == (None if respread else "running")


def test_of_two_plans_made_at_the_same_time_the_second_is_refused():
    b = bench()
    one, two = b.plan(BOOK), b.plan(BOOK)
    b.clock.sleep(1)
    b.open(one, "r1")
    b.open(two, "r2")
    leg("r1", b.deps)
    lit = b.snapshot()

    with pytest.raises(StalePlanError, match="run r1 took hold of"):
        leg("r2", b.deps)

    assert b.snapshot() == lit


def test_what_somebody_undid_can_be_made_so_again_and_comes_back_as_they_left_it(b):
    b.world.meddle("lamp", "l0", "purple")
    b.world.meddle("fuse", "f0", False)
    b.world.foreign.clear()

    book = runbook(step("fuses", "toy.fuse"))
    assert again(b, book, "r2") == Done(RunEnd.DONE)
    assert b.snapshot()["fuse", "f0"] is True

    assert roll_back(b, way_back(b, "r2"), "back2") == Done(RunEnd.UNDONE)
    assert b.snapshot()["fuse", "f0"] is True, "r1 still holds it"
