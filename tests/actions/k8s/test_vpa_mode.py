from __future__ import annotations

import pytest

from sopctl.actions.k8s.vpa_mode import ACTION, Params
from tests.fakes.crds import crd


@pytest.fixture
def vpa(stage):
    group, kind = "autoscaling.k8s.io", "VerticalPodAutoscaler"
    definition = crd(group, "v1", kind, "verticalpodautoscalers", namespaced=True)
    stage.cluster.create("customresourcedefinitions", definition)
    return stage


def resizing(stage, name="web", **spec):
    body = {
        "apiVersion": "autoscaling.k8s.io/v1",
        "kind": "VerticalPodAutoscaler",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"targetRef": {"kind": "Deployment", "name": name}, **spec},
    }
    return stage.cluster.create("verticalpodautoscalers.autoscaling.k8s.io", body)


def test_where_it_is_not_installed_there_is_nothing_to_do(stage):
    assert ACTION.select(stage.clients, Params()).ids == ()
