from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.aws.machines import nodes_for
from tests.local import Local, local_world


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    """A world with a fleet and an autoscaler that knows all of it."""
    with local_world(tmp_path) as local:
        local.fleet()
        local.autoscaler()
        yield local


@pytest.fixture
def emptied(local: Local) -> Local:
    """The same, with nodes for all instances, those of us-east-1a cordoned and empty."""
    nodes_for(local)
    return local
