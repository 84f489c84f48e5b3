from __future__ import annotations

import pytest

from sopctl.core.resource import ResourceId
from sopctl.providers.k8s_paths import address, collection


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (ResourceId("k8s.node", "n", "uid", "part"), "/api/v1/nodes/n"),
        (ResourceId("k8s.pod", "shop/p"), "/api/v1/namespaces/shop/pods/p"),
        (
            ResourceId("k8s.deployment", "shop/d"),
            "/apis/apps/v1/namespaces/shop/deployments/d",
        ),
        (
            ResourceId("k8s.hpa", "shop/h"),
            "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/h",
        ),
        (ResourceId("k8s.namespace", "shop"), "/api/v1/namespaces/shop"),
    ],
)
def test_an_object_has_one_address(resource, path):
    assert address(resource) == path


def test_a_collection_is_of_one_namespace_or_of_all():
    assert collection("k8s.pod", "shop") == "/api/v1/namespaces/shop/pods"
    assert collection("k8s.pod") == "/api/v1/pods"
    assert collection("k8s.node", "shop") == "/api/v1/nodes"
