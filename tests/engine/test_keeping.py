from __future__ import annotations

import dataclasses

import pytest

from sopctl.core.errors import UnreachableError
from sopctl.engine.control import all_runs, open_run
from sopctl.engine.holdings import holdings
from sopctl.engine.keeping import look_again
from sopctl.engine.leg import Done, leg
from sopctl.engine.perform import UNMARK_PAUSES
from sopctl.engine.records import consent
from sopctl.engine.restore import Return, plan_return
from sopctl.engine.state import RunEnd
from tests.engine.loops import Points, die
from tests.engine.toys import Tags, Thing, bench, runbook, step

BOOK = runbook(step("lamps", "toy.lamp", keep=True, bound=6), step("fuses", "toy.fuse"))


@pytest.fixture
def b():
    made = bench()
    made.open(made.plan(BOOK))
    leg("r1", made.deps)
    made.before = {("lamp", "new"): False}
    return made


def arrive(b, *names):
    for name in names:
        b.world.things["lamp", name] = Thing(False)


def test_while_nothing_happens_nothing_is_done(b):
    mutations = b.world.mutations

    found = look_again("r1", b.deps)

    assert (found.added, found.reverted, found.over) == (0, (), False)
    assert b.world.mutations == mutations


def test_a_kept_step_is_applied_to_what_appears_later_in_the_same_run(b):
    arrive(b, "new")

    assert look_again("r1", b.deps).added == 1
    assert leg("r1", b.deps) == Done(RunEnd.DONE)

    assert b.snapshot()["lamp", "new"] is True
    assert b.world.marks["new"] == "r1"
    assert b.world.effective["l0"] == 1
    assert look_again("r1", b.deps).added == 0


def test_the_same_roll_back_takes_it_back(b):
    arrive(b, "new")
    look_again("r1", b.deps)
    leg("r1", b.deps)
    held = holdings(all_runs(b.deps))
    asked = Return(source=b.state(), way_back=(), target={"name": "toy"}, held=held)
    plan = plan_return(asked, b.deps)
    open_run("back", plan, {}, consent("t", "yes", plan.hash), b.deps)

    assert leg("back", b.deps) == Done(RunEnd.UNDONE)
    assert b.snapshot()["lamp", "new"] is False
    assert b.world.marks == {}


def test_beyond_the_bound_nothing_is_touched_and_it_is_said(b):
    arrive(b, "n1", "n2", "n3")

    found = look_again("r1", b.deps)

    assert found.added == 0
    assert found.beyond == ("lamps would go beyond its 6 objects",)
    assert b.state().end is RunEnd.DONE


def test_a_step_that_is_not_kept_is_left_as_it_is(b):
    b.world.things["fuse", "new"] = Thing(False)

    assert look_again("r1", b.deps).added == 0


def test_what_somebody_reverted_is_reported_and_not_fought_over(b):
    b.world.meddle("lamp", "l0", False)

    found = look_again("r1", b.deps)

    assert [(r.step, r.resource.name, r.now) for r in found.reverted] == [
        ("lamps", "l0", {"lit": False})
    ]
    assert found.added == 0
    assert b.snapshot()["lamp", "l0"] is False


def test_who_reverted_it_is_named_where_it_tells(b):
    b.world.meddle("lamp", "l0", False)
    b.world.meddle("lamp", "l1", False)
    deps = dataclasses.replace(
        b.deps, blame=lambda ids: {each: "argocd" for each in ids if each.name == "l0"}
    )

    found = look_again("r1", deps)

    assert [(each.resource.name, each.by) for each in found.reverted] == [
        ("l0", "argocd"),
        ("l1", ""),
    ]


def test_a_mitigation_that_was_rolled_back_is_over(b):
    held = holdings(all_runs(b.deps))
    asked = Return(source=b.state(), way_back=(), target={"name": "toy"}, held=held)
    plan = plan_return(asked, b.deps)
    open_run("back", plan, {}, consent("t", "yes", plan.hash), b.deps)
    leg("back", b.deps)
    arrive(b, "new")

    found = look_again("r1", b.deps)

    assert found.over
    assert b.snapshot()["lamp", "new"] is False


def test_a_provider_that_does_not_answer_is_said_and_harms_nothing(b):
    def silent(*_):
        raise UnreachableError("no answer from toys")

    lamps = b.deps.actions["toy.lamp"]
    dead = {**b.deps.actions, "toy.lamp": dataclasses.replace(lamps, observe=silent)}
    found = look_again("r1", dataclasses.replace(b.deps, actions=dead))

    assert found.unread == ("lamps: no answer from toys", "lamps: no answer from toys")


@pytest.mark.parametrize("place", range(40))
def test_a_crash_while_a_newcomer_is_served_is_resumed(place):
    made = bench()
    made.world.journal = made.state
    made.open(made.plan(BOOK))
    leg("r1", made.deps)
    arrive(made, "new")
    look_again("r1", made.deps)
    points = Points(at={place: die})
    made.world.wire = points
    try:
        leg("r1", made.worker("w2", point=points))
    except BaseException:  # noqa: BLE001  # the crash
        made.clock.sleep(31)
    made.world.wire = None

    assert leg("r1", made.worker("w3")) == Done(RunEnd.DONE)
    assert made.snapshot()["lamp", "new"] is True
    assert made.world.effective["new"] == 1
    assert made.world.unlogged == []


class Stubborn(Tags):
    """Marks that come off only at the third try."""

    def __init__(self):
        self.tries = 0

    def remove(self, call, world, marks):
        self.tries += 1
        if self.tries < 3:
            raise UnreachableError("the reply was lost")
        super().remove(call, world, marks)


@pytest.mark.parametrize(("after", "tries"), [(0, 3), (10, len(UNMARK_PAUSES))])
def test_a_mark_that_does_not_come_off_is_tried_again_and_then_left_with_a_warning(b, after, tries):
    marker = Stubborn()
    marker.tries = -after
    lamps = dataclasses.replace(b.deps.actions["toy.lamp"], marker=marker)
    deps = dataclasses.replace(b.deps, actions={**b.deps.actions, "toy.lamp": lamps})
    held = holdings(all_runs(deps))
    asked = Return(source=b.state(), way_back=(), target={"name": "toy"}, held=held)
    plan = plan_return(asked, deps)
    open_run("back", plan, {}, consent("t", "yes", plan.hash), deps)

    assert leg("back", deps) == Done(RunEnd.UNDONE)
    assert bool(b.world.marks) == bool(after)
    assert marker.tries == tries - after
