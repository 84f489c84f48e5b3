from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.http import KubeServer

TOKEN = "sandbox-token"
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def cluster():
    return Cluster(lambda: NOON)


@pytest.fixture
def server(cluster):
    server = KubeServer(cluster, token=TOKEN)
    server.start()
    yield server
    server.stop()
