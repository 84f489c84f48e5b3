from __future__ import annotations

import pytest

from sopctl.actions.k8s.keda_scale_in import ACTION, Params
from tests.fakes.crds import crd


@pytest.fixture
def keda(stage):
    definition = crd("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects", namespaced=True)
    stage.cluster.create("customresourcedefinitions", definition)
    return stage


def scaled(stage, name="queue", **metadata):
    body = {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": name, "namespace": "shop", **metadata},
        "spec": {"scaleTargetRef": {"name": name}},
    }
    return stage.cluster.create("scaledobjects.keda.sh", body)


def test_where_it_is_not_installed_there_is_nothing_to_do(stage):
    assert ACTION.select(stage.clients, Params()).ids == ()
