"""What ends by itself is renewed by who watches, within the same run."""

from __future__ import annotations

import dataclasses

import pytest

from sopctl.core.action import ReceiptKind
from sopctl.core.resource import ABSENT
from sopctl.engine.control import all_runs, open_run
from sopctl.engine.holdings import holdings
from sopctl.engine.keeping import look_again
from sopctl.engine.leg import Done, Parked, leg
from sopctl.engine.records import consent, decision
from sopctl.engine.restore import Return, plan_return
from sopctl.engine.state import Phase, RunEnd
from tests.engine.loops import Points, die
from tests.engine.toys import ACTIONS, Lit, bench, runbook, step

FULL, LOW = 9, 4  # a candle of so many hours; below LOW it is due
NAME = ("fuse", "f0")


def _burning(value):
    return isinstance(value, int) and value is not True and value > 0


def _desire(params, resource, seen):
    lit = None if seen.state is ABSENT else seen.state.lit
    return seen.state if _burning(lit) else Lit(FULL)


def _satisfies(desired, observed):
    """Burning is burning, whatever is left."""
    if ABSENT in (desired, observed):
        return desired is observed
    return desired == observed or (_burning(desired.lit) and _burning(observed.lit))


def _renew(params, resource, seen):
    due = seen.state is not ABSENT and seen.state.lit < LOW
    return Lit(FULL) if due else None


CANDLES = dataclasses.replace(
    ACTIONS["toy.fuse"],
    id="toy.candle",
    desire=_desire,
    satisfies=_satisfies,
    renew=_renew,
    effect=None,
)
BOOK = runbook(step("candles", "toy.candle"))


@pytest.fixture
def b():
    made = bench(actions={**ACTIONS, "toy.candle": CANDLES})
    made.world.journal = made.state
    made.open(made.plan(BOOK))
    leg("r1", made.deps)
    return made


def burn_down(b, name=NAME, left=1):
    b.world.things[name].value = left


def test_what_is_not_due_is_left_alone_though_less_of_it_is_left(b):
    burn_down(b, left=LOW)
    mutations = b.world.mutations

    found = look_again("r1", b.deps)

    assert (found.renewed, found.reverted, found.added) == (0, (), 0)
    assert b.state().end is RunEnd.DONE
    assert b.world.mutations == mutations


def test_what_is_due_is_written_again_by_the_same_run_and_nothing_else_is(b):
    burn_down(b)

    assert look_again("r1", b.deps).renewed == 1
    assert leg("r1", b.deps) == Done(RunEnd.DONE)

    assert b.snapshot()[NAME] == FULL
    assert b.world.effective == {"f0": 2, "f1": 1}
    assert b.world.unlogged == []
    assert look_again("r1", b.deps).renewed == 0


def test_after_renewals_the_roll_back_restores_what_was_there_before_the_run(b):
    before = {("fuse", "f0"): False, ("fuse", "f1"): 0}
    for _ in range(3):
        burn_down(b)
        look_again("r1", b.deps)
        leg("r1", b.deps)
    held = holdings(all_runs(b.deps))
    asked = Return(source=b.state(), way_back=(), target={"name": "toy"}, held=held)
    plan = plan_return(asked, b.deps)
    b.world.journal = None  # it is another run's now
    open_run("back", plan, {}, consent("t", "yes", plan.hash), b.deps)

    assert leg("back", b.deps) == Done(RunEnd.UNDONE)
    assert {key: b.snapshot()[key] for key in before} == before


def test_what_somebody_put_out_is_reported_and_not_lit_again(b):
    b.world.meddle(*NAME, "out")

    found = look_again("r1", b.deps)

    assert (found.renewed, [r.resource.name for r in found.reverted]) == (0, ["f0"])


def test_what_somebody_put_out_before_the_write_is_left_alone_and_asked_about(b):
    burn_down(b)
    look_again("r1", b.deps)
    b.world.meddle(*NAME, "out")

    assert isinstance(leg("r1", b.deps), Parked)
    assert b.snapshot()[NAME] == "out"
    assert b.world.trampled == []


def test_what_somebody_renewed_meanwhile_needs_no_second_time(b):
    burn_down(b)
    look_again("r1", b.deps)
    burn_down(b, left=FULL)
    mutations = b.world.mutations

    assert leg("r1", b.deps) == Done(RunEnd.DONE)
    assert b.world.mutations == mutations


def test_a_renewal_that_is_refused_is_asked_about_and_can_be_tried_again(b):
    burn_down(b)
    look_again("r1", b.deps)
    b.world.answers["f0"] = [ReceiptKind.REJECTED]

    assert isinstance(leg("r1", b.deps), Parked)
    b.say(decision("candles", "retry", by="tester"))
    assert leg("r1", b.deps) == Done(RunEnd.DONE)
    assert b.snapshot()[NAME] == FULL


def test_a_lost_reply_of_a_renewal_is_looked_at_and_not_sent_again(b):
    burn_down(b)
    look_again("r1", b.deps)
    b.world.answers["f0"] = [ReceiptKind.UNKNOWN]

    assert leg("r1", b.deps) == Done(RunEnd.DONE)
    assert b.world.effective["f0"] == 2


@pytest.mark.parametrize("place", range(12))
def test_a_crash_at_any_point_of_a_renewal_is_resumed(place):
    b = bench(actions={**ACTIONS, "toy.candle": CANDLES})
    b.world.journal = b.state
    b.open(b.plan(BOOK))
    leg("r1", b.deps)
    burn_down(b)
    look_again("r1", b.deps)
    points = Points(at={place: die})
    b.world.wire = points
    try:
        leg("r1", b.worker("w2", point=points))
    except BaseException:  # noqa: BLE001  # the crash
        b.clock.sleep(31)
    b.world.wire = None

    assert leg("r1", b.worker("w3")) == Done(RunEnd.DONE)
    if b.snapshot()[NAME] != FULL:  # it died before the write: it is due at the next look
        assert look_again("r1", b.deps).renewed == 1
        leg("r1", b.deps)
    assert b.snapshot()[NAME] == FULL
    assert b.world.effective["f0"] == 2
    items = b.state().work("candles").items.values()
    assert {item.phase for item in items} == {Phase.SETTLED}
