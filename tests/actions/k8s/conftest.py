from __future__ import annotations

import pytest

from tests.actions.k8s.stage import staged
from tests.fakes.crds import crd


@pytest.fixture
def stage(tmp_path):
    with staged(tmp_path) as stage:
        yield stage


@pytest.fixture
def karpenter(stage):
    """A stage with NodePools."""
    definition = crd("karpenter.sh", "v1", "NodePool", "nodepools", namespaced=False)
    stage.cluster.create("customresourcedefinitions", definition)
    return stage
