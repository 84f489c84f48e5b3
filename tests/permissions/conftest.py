"""One stage for the tests of a worker, and who plays on it."""

from __future__ import annotations

import pytest

from sopctl.app.library import Library
from sopctl.app.trials import planting, stage, suite
from sopctl.app.trials.faults.crew import catalogs
from sopctl.cli.trial_commands import invoke
from sopctl.facts.snapshot import SHAPES
from sopctl.permissions import gather
from sopctl.runbook import expressions
from sopctl.runbook.lint import Known
from tests.permissions.field import Field


@pytest.fixture(scope="session")
def known():
    found = catalogs()
    return gather.Known(
        actions=found.actions, checks=found.checks, references=expressions.references_in
    )


@pytest.fixture(scope="session")
def library(known):
    rooms = Known(actions=known.actions, checks=known.checks, facts=SHAPES)
    return Library([], lambda: rooms)


@pytest.fixture(scope="session")
def field(tmp_path_factory, library):
    made = stage.build(tmp_path_factory.mktemp("stage"), planting.planter(suite.SMALL))
    yield Field(made, invoke, library)
    made.close()
