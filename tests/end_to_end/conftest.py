from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.end_to_end.driver import Outside, Sopctl

RATE = "20"  # world seconds a second: slow enough for a busy machine


def pytest_collection_modifyitems(items):
    """One worker, one sandbox: a world that has to share its cores keeps no time.

    pytest-xdist 3.8 does not see the group under pytest 9.2: there each worker has a sandbox.
    """
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("sandbox"))


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    """One sandbox for all tests of a worker: a home, the command line, and the outside view."""
    home = tmp_path_factory.mktemp("home")
    sopctl = Sopctl(home)
    sopctl("sandbox", "start", "--rate", RATE)
    exports = dict(
        re.findall(r"^export (\w+)='?([^'\n]*)'?$", sopctl("sandbox", "env"), re.MULTILINE)
    )
    outside = Outside(home, exports)
    sopctl("sandbox", "snapshot", str(home / "first.world"))
    yield sopctl, outside
    outside.close()
    sopctl("sandbox", "stop")


@pytest.fixture
def world(sandbox):
    """A fresh world and an empty journal."""
    sopctl, outside = sandbox
    for journal in (sopctl.home / "state").glob("journal.db*"):
        journal.unlink()
    sopctl("sandbox", "restore", str(sopctl.home / "first.world"))  # faster than a reset
    outside.ask("POST", "/faults", {"clear": True})
    outside.forget_calls()
    return sopctl, outside


@pytest.fixture
def sopctl(world):
    return world[0]


@pytest.fixture
def outside(world):
    return world[1]
