from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local import Local, local_world


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    with local_world(tmp_path) as local:
        for number in range(25):
            local.group(f"web-{number:02}", "us-east-1a", desired=0)
        for name in ("node-1", "node-2"):
            node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
            local.cluster.create("nodes", node)
        yield local
