from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local import Local, local_world


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    """A world with two groups and nothing else."""
    with local_world(tmp_path) as local:
        local.group("web-a", "us-east-1a")
        local.group("web-b", "us-east-1b")
        yield local
