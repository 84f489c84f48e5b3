from __future__ import annotations

import pytest

from sopctl.actions.general.made import Probe
from sopctl.actions.general.manual import ACTION, Params
from sopctl.core.action import Undo
from sopctl.core.errors import RefusedError
from sopctl.core.plan import Fidelity
from sopctl.engine.leg import Done, Parked
from sopctl.engine.state import RunEnd
from tests.actions.general.outside import Bench, Engine

DO = {
    "do": "Turn the big red switch.\nIt is behind the door.",
    "undo": "Turn it back.",
    "check": {"name": "file.there", "params": {"path": "switch"}},
}


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


@pytest.fixture
def engine(bench):
    return Engine(bench)


def turn(bench):
    (bench.folder / "switch").touch()


def test_a_person_is_asked_does_it_and_the_check_sees_it(bench, engine):
    parked = engine.run("manual", DO)
    assert parked == Parked("gate", f"{DO['do']}\nIs it done?", "manual:s")
    turn(bench)
    assert engine.answer("manual:s", "yes") == Done(RunEnd.DONE)
    assert [item.settled for _, item in engine.state().in_place] == [{"made": True}]


def test_the_way_back_is_asked_for_too(bench, engine):
    engine.run("manual", DO)
    turn(bench)
    engine.answer("manual:s", "yes")
    assert engine.roll_back().detail == "Turn it back.\nIs it done?"
    (bench.folder / "switch").unlink()
    assert engine.answer("manual:restore:s", "yes", "run-2") == Done(RunEnd.UNDONE)


def test_nobody_is_asked_for_what_is_done_already(bench, engine):
    turn(bench)
    assert engine.run("manual", DO) == Done(RunEnd.DONE)
    assert engine.state().in_place == []


def test_a_yes_that_is_not_so_fails_and_is_asked_again_on_a_retry(bench, engine):
    engine.run("manual", DO)
    parked = engine.answer("manual:s", "yes")
    assert (parked.why, parked.work) == ("decision", "s")
    assert "did not follow" in parked.detail
    assert engine.decide("retry").work == "manual:s"
    turn(bench)
    assert engine.answer("manual:s", "yes") == Done(RunEnd.DONE)


def test_after_a_yes_the_check_has_a_minute_to_hold_however_long_the_person_took(bench, engine):
    engine.run("manual", DO)
    engine.clock.sleep(7200)
    sleep, engine.clock.sleep = engine.clock.sleep, lambda s: (turn(bench), sleep(s))
    assert engine.answer("manual:s", "yes") == Done(RunEnd.DONE)


def test_a_no_stops_for_a_decision(engine):
    engine.run("manual", DO)
    parked = engine.answer("manual:s", "no")
    assert (parked.why, parked.detail) == ("decision", "not done, says anna")


def test_the_plan_shows_what_is_asked_and_that_it_is_opaque(engine):
    (step,) = engine.plan("manual", DO).steps
    assert step.fidelity is Fidelity.OPAQUE
    assert step.undo is Undo.EXACT
    assert step.notes[0].endswith(DO["do"])
    assert "it is done when file.there holds" in step.notes


def test_without_instructions_for_the_way_back_there_is_none_and_consent_is_asked(engine):
    (step,) = engine.plan("manual", {**DO, "undo": ""}).steps
    assert step.undo is Undo.NONE
    assert "stays done" in step.consent


def test_somebody_has_to_be_told_what_to_do():
    with pytest.raises(RefusedError, match="nobody is told"):
        Params(do=" ", check=Probe(name="file.there"))


def test_a_check_that_is_not_there_is_refused_in_the_plan(bench):
    with pytest.raises(RefusedError, match="no check nope"):
        ACTION.select(bench.clients, Params(do="x", check=Probe(name="nope")))


def test_a_check_is_given_what_it_takes(bench):
    params = Params(do="x", check=Probe(name="file.there", params={"where": "y"}))
    with pytest.raises(RefusedError, match=r"file\.there"):
        ACTION.observe(bench.clients, params, ACTION.select(bench.clients, params).ids)
