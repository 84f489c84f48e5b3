from __future__ import annotations

import pytest

from sopctl.actions import catalog as actions
from sopctl.app.connection import RealConnection
from sopctl.app.desk import Desk
from sopctl.app.library import Library
from sopctl.app.place import Catalogs, Place
from sopctl.checks import catalog as checks
from sopctl.cli.watching import Silent
from sopctl.facts.snapshot import SHAPES
from sopctl.journal.memory import MemoryStore
from sopctl.runbook.lint import Known
from tests.local import local_world


@pytest.fixture
def local(tmp_path):
    """A world with a fleet and an autoscaler that knows all of it."""
    with local_world(tmp_path) as local:
        local.fleet()
        local.autoscaler()
        yield local


@pytest.fixture
def desk(local):
    """A desk in that world, with a journal that is forgotten."""
    found = Catalogs(actions=actions.CATALOG, checks=checks.CATALOG)
    connection = RealConnection(local.target, local.watch, agent="sopctl/test")
    place = Place(target=local.target, connection=connection, store=MemoryStore(), catalogs=found)
    with Desk(place, Silent()) as desk:
        yield desk


@pytest.fixture
def library(tmp_path):
    """Runbooks as a user has them, and those that come with the package."""
    known = Known(actions=actions.CATALOG, checks=checks.CATALOG, facts=SHAPES)
    return Library([tmp_path / "runbooks"], lambda: known)
