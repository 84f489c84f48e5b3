from __future__ import annotations

import pytest

from sopctl.actions.k8s.node_out_of_service import Params
from tests.actions.k8s.stage import silence

ZONE = Params(zone="us-east-1a")


def keys(stage, name):
    node = stage.cluster.get("nodes", name)
    return [each["key"] for each in node["spec"].get("taints") or ()]


@pytest.fixture
def machines(stage):
    """A real instance behind the node a0; a1 is of a machine that EC2 does not know."""
    stage.local.group("web", "us-east-1a", desired=1)
    (instance,) = stage.local.cloud.group("web").instances
    stage.cluster.delete("nodes", "a0")
    made = stage.cluster.get("nodes", "a1")
    metadata = {"name": "a0", "labels": made["metadata"]["labels"]}
    spec = {"providerID": f"aws:///us-east-1a/{instance.id}"}
    stage.cluster.create("nodes", {**made, "metadata": metadata, "spec": spec})
    silence(stage, "a0", "a1")
    return stage, instance.id
