from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from sopctl.core.target import Target
from sopctl.providers.k8s import K8s
from sopctl.providers.limits import Limits
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.http import KubeServer

QUICK = Limits(connect=2.0, read=5.0, attempts=1, deadline=6.0)


@pytest.fixture
def kube():
    """An API server without a world."""
    server = KubeServer(Cluster(lambda: datetime(2026, 11, 21, 3, 0, tzinfo=UTC)), token="t")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def connect(kube, tmp_path):
    """A function that makes a client; all are closed at the end."""
    ca = base64.b64encode(kube.ca_pem.encode()).decode()
    text = json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "x",
            "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
            "clusters": [
                {"name": "x", "cluster": {"server": kube.url, "certificate-authority-data": ca}}
            ],
            "users": [{"name": "x", "user": {"token": "t"}}],
        }
    )
    path = tmp_path / "kubeconfig"
    path.write_text(text)
    made = []

    def make():
        made.append(K8s(Target(name="east", kubeconfig=str(path)), limits=QUICK))
        return made[-1]

    yield make
    for each in made:
        each.close()
