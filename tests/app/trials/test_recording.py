"""A run becomes a test that says what happened."""

from __future__ import annotations

import pytest

from sopctl.app import worlds
from sopctl.app.trials import planting, recording, suite
from sopctl.app.trials.invoking import Operator
from sopctl.cli.trial_commands import invoke
from sopctl.core.errors import RefusedError, UsageError
from sopctl.journal.memory import MemoryStore
from sopctl.runbook.trials.model import RunShape, TrialFileShape
from sopctl.sandbox.process.household import VERSION


@pytest.fixture(scope="module")
def happened(made, library):
    """A store with a run of prepare, one of freeze, and the roll back of that."""
    made.household.plant(planting.planter(suite.SMALL), VERSION)  # whatever was planted before
    store = MemoryStore()
    operator = Operator(made, invoke, store)
    assert operator.run(str(library.path("prepare")), RunShape()).code == 0
    asked = RunShape(parameters={"zone": "us-east-1a"})
    assert operator.run(str(library.path("freeze")), asked).code == 0
    run = operator.newest().run
    assert operator.roll_back(run).code == 0
    return store, run, operator.newest().run


def test_what_happened_is_what_is_expected(happened):
    store, run, _ = happened
    found = recording.written(recording.chosen(store, run), ["us-east-1a"])
    shape = TrialFileShape.model_validate(found)
    test = shape.tests[0]
    assert [earlier.runbook for earlier in test.given.runs] == ["prepare"]
    assert [failed.zone for failed in test.given.failed] == ["us-east-1a"]
    assert test.run.parameters == {"zone": "us-east-1a"}
    assert (test.expect.exit, test.expect.outcome) == (0, "done")
    assert test.expect.plan.changes == 3
    assert test.expect.steps == {"pods": "applied", "groups": "applied"}


def test_a_run_whose_world_is_gone_is_recorded_as_it_ended(happened):
    store, run, _ = happened
    worlds.ended(store, "the sandbox was stopped")
    found = recording.written(recording.chosen(store, run), [])
    assert found["tests"][0]["expect"]["outcome"] == "done"
    assert "failed" not in found["tests"][0]["given"]


def test_a_roll_back_is_not_recorded(happened):
    store, run, back = happened
    with pytest.raises(RefusedError, match="is a roll back") as caught:
        recording.chosen(store, back)
    assert run in caught.value.hint


def test_nothing_is_overwritten(happened, library, tmp_path):
    store, run, _ = happened
    (tmp_path / "x.test.yaml").write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        recording.record(library, recording.chosen(store, run), tmp_path / "x.test.yaml", invoke)
