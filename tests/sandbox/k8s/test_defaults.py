from __future__ import annotations

import pytest

from sopctl.sandbox.k8s.defaults_pod import quality_of_service
from tests.sandbox.k8s.clients import deployment, pod


def hpa(**spec):
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    return {
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"maxReplicas": 5, "scaleTargetRef": target, **spec},
    }


def test_an_autoscaler_scales_on_cpu_unless_told_otherwise(cluster):
    spec = cluster.create("horizontalpodautoscalers", hpa())["spec"]
    assert spec["minReplicas"] == 1
    assert spec["metrics"][0]["resource"]["target"]["averageUtilization"] == 80
    assert "behavior" not in spec


def test_a_behavior_is_completed_in_both_directions(cluster):
    down = {"behavior": {"scaleDown": {"selectPolicy": "Disabled"}}}
    behavior = cluster.create("horizontalpodautoscalers", hpa(**down))["spec"]["behavior"]
    assert behavior["scaleDown"]["selectPolicy"] == "Disabled"
    assert behavior["scaleDown"]["policies"][0]["periodSeconds"] == 15
    assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0


def test_pods_tolerate_a_lost_node_for_five_minutes(cluster):
    own = {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"}
    made = cluster.create("pods", pod(tolerations=[{**own, "tolerationSeconds": 10}]))
    seconds = {item["key"]: item["tolerationSeconds"] for item in made["spec"]["tolerations"]}
    assert seconds == {
        "node.kubernetes.io/not-ready": 300,
        "node.kubernetes.io/unreachable": 10,
    }


@pytest.mark.parametrize(
    ("image", "policy"),
    [("nginx", "Always"), ("nginx:latest", "Always"), ("host:5000/nginx:1", "IfNotPresent")],
)
def test_images_are_pulled_by_their_tag(cluster, image, policy):
    container = {"name": "app", "image": image}
    made = cluster.create("pods", pod(containers=[container]))
    assert made["spec"]["containers"][0]["imagePullPolicy"] == policy


@pytest.mark.parametrize(
    ("resources", "quality"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
    ],
)
def test_quality_of_service_follows_from_resources(resources, quality):
    assert quality_of_service({"containers": [{"resources": resources}]}) == quality


def test_a_service_gets_an_address_unless_it_is_headless(cluster):
    def made(name, **spec):
        body = {"metadata": {"name": name, "namespace": "default"}}
        return cluster.create("services", body | {"spec": {"ports": [{"port": 80}], **spec}})[
            "spec"
        ]

    assert made("one")["clusterIP"].startswith("10.100.")
    assert made("two", clusterIP="None")["clusterIP"] == "None"
    assert "clusterIP" not in made("three", type="ExternalName", externalName="x.example")


def test_writing_the_defaults_out_changes_nothing(cluster):
    created = cluster.create("deployments", deployment())
    before = cluster.revision
    cluster.update("deployments", created)
    assert cluster.revision == before
