"""A while after a write it is read again: does it stand, and is it still there at all?"""

from __future__ import annotations

import dataclasses

import pytest

from sopctl.engine import records
from sopctl.engine.leg import Done, Parked, leg
from sopctl.engine.state import RunEnd
from tests.engine.toys import ACTIONS, FakeClock, bench, runbook, step, world


@pytest.fixture
def b():
    return bench()


def carried_out(b, meanwhile, uses="toy.lamp"):
    """Carry out a step; before it is looked at for the second time, *meanwhile* happens."""
    lamps = ACTIONS[uses]
    happened = []

    def observe(world, params, resources):
        if "second" in b.state().works[0].watches and not happened:
            happened.append(meanwhile)
            meanwhile()
        return lamps.observe(world, params, resources)

    run = b.open(b.plan(runbook(step("lamps", uses))))
    actions = {**ACTIONS, uses: dataclasses.replace(lamps, observe=observe)}
    end = leg(run, dataclasses.replace(b.deps, actions=actions))
    assert happened
    return end


def told(b):
    return [
        record.data["detail"]
        for record in b.store.read("r1")
        if record.kind == records.WATCH and record.data["what"] == "second"
    ]


def test_what_stands_is_said_to_stand(b):
    assert carried_out(b, lambda: None) == Done(RunEnd.DONE)
    assert told(b) == ["4 read again, as written"]


def test_what_somebody_changed_again_is_missing(b):
    end = carried_out(b, lambda: b.world.meddle("lamp", "l3", "purple"))
    assert isinstance(end, Parked)
    assert "changed again by somebody else: lamp l3" in end.detail


def test_what_is_gone_with_its_object_is_no_reason_to_stop(b):
    """Spot nodes go every minute in an incident: there is nothing left to hold."""
    assert carried_out(b, lambda: b.world.things.pop(("lamp", "l3"))) == Done(RunEnd.DONE)
    assert told(b) == ["3 read again, as written; gone since: 1"]


def test_what_was_taken_away_is_as_written_when_it_is_gone():
    b = bench(world(FakeClock(), lamps=0, fuses=0, pods=2))
    assert carried_out(b, b.world.things.clear, "toy.pod") == Done(RunEnd.DONE)
    assert told(b) == ["2 read again, as written"]
