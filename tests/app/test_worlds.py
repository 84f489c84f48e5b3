"""Which runs survive the end of a world, and the return of one."""

from __future__ import annotations

import pytest

from sopctl.app import worlds
from sopctl.engine import records
from sopctl.engine.control import all_runs, open_run
from sopctl.engine.holdings import holdings
from sopctl.engine.leg import leg
from sopctl.engine.planner import Order, make_plan
from sopctl.engine.restore import Return, plan_return
from sopctl.engine.state import RunEnd
from tests.engine.toys import bench, runbook, step

TARGET = {"name": "sandbox"}
LAMPS = runbook(step("lamps", "toy.lamp"))
FUSES = runbook(step("fuses", "toy.fuse"))


def go(b, plan, run):
    open_run(run, plan, {}, records.consent("tester", "yes", plan.hash), b.deps)
    leg(run, b.deps)


@pytest.fixture
def b():
    """A run that has something in place."""
    made = bench()
    go(made, make_plan(Order(runbook=LAMPS, params={}, target=TARGET), made.deps), "seen")
    return made


def ends(b):
    return {state.run: state.end for state in all_runs(b.deps)}


def test_a_world_that_ends_takes_every_run_with_it(b):
    assert worlds.ended(b.deps.store, "reset") == ["seen"]
    assert ends(b) == {"seen": RunEnd.LOST}


def test_a_world_that_returns_knows_the_runs_that_it_saw_and_no_later_ones(b):
    kept = worlds.heads(b.deps.store)
    go(b, make_plan(Order(runbook=FUSES, params={}, target=TARGET), b.deps), "later")

    assert worlds.ended(b.deps.store, "restored", kept) == ["later"]
    assert ends(b) == {"seen": RunEnd.DONE, "later": RunEnd.LOST}


def test_what_was_taken_back_after_the_snapshot_is_in_place_again(b):
    held, kept = holdings(all_runs(b.deps)), worlds.heads(b.deps.store)
    asked = Return(source=b.state("seen"), way_back=(), target=TARGET, held=held)
    go(b, plan_return(asked, b.deps), "back")
    assert holdings(all_runs(b.deps)) == ()

    assert worlds.ended(b.deps.store, "restored", kept) == ["back"]
    assert holdings(all_runs(b.deps)) == held


def test_a_run_that_went_on_after_the_snapshot_is_forgotten(b):
    kept = {run: seq - 1 for run, seq in worlds.heads(b.deps.store).items()}
    assert worlds.ended(b.deps.store, "restored", kept) == ["seen"]
