from __future__ import annotations

import pytest

from sopctl.sandbox.k8s.cluster import ApiError, Write
from sopctl.sandbox.k8s.writer import Deletion
from tests.sandbox.k8s.clients import config_map, deployment, pod


def delete(cluster, resource, name, propagation, namespace="default"):
    with cluster.lock:
        kind = cluster.registry.named(resource)
        wanted = Deletion(propagation=propagation)
        cluster.writer.delete(kind, (namespace, name), wanted, Write())


@pytest.fixture
def owned(cluster):
    owner = cluster.create("deployments", deployment())
    body = pod(node="n1")
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    body["metadata"]["ownerReferences"] = [{**reference, "uid": owner["metadata"]["uid"]}]
    cluster.create("pods", body)
    return cluster


def test_a_namespace_goes_with_its_content(cluster):
    cluster.create("namespaces", {"metadata": {"name": "team"}})
    cluster.create("configmaps", config_map(namespace="team"))
    cluster.delete("namespaces", "team")
    assert cluster.get("namespaces", "team") is None
    assert cluster.list("configmaps", "team") == []


def test_a_namespace_waits_for_its_pods_and_takes_nothing_new(cluster):
    cluster.create("namespaces", {"metadata": {"name": "team"}})
    cluster.create("pods", pod(namespace="team", node="n1"))
    cluster.delete("namespaces", "team")
    assert cluster.get("namespaces", "team")["status"]["phase"] == "Terminating"
    with pytest.raises(ApiError, match="it is being terminated"):
        cluster.create("configmaps", config_map(namespace="team"))
    cluster.finish_delete("pods", "web-1", "team")
    assert cluster.get("namespaces", "team") is None


def test_in_the_foreground_the_owner_goes_last(owned):
    delete(owned, "deployments", "web", "Foreground")
    assert owned.get("pods", "web-1", "default")["metadata"]["deletionTimestamp"]
    assert owned.get("deployments", "web", "default") is not None
    owned.finish_delete("pods", "web-1", "default")
    assert owned.get("deployments", "web", "default") is None


def test_orphans_lose_their_owner_and_stay(owned):
    delete(owned, "deployments", "web", "Orphan")
    assert owned.get("deployments", "web", "default") is None
    assert "ownerReferences" not in owned.get("pods", "web-1", "default")["metadata"]


def test_in_the_background_only_the_owner_goes(owned):
    delete(owned, "deployments", "web", "Background")
    assert owned.get("deployments", "web", "default") is None
    assert owned.get("pods", "web-1", "default") is not None
