from __future__ import annotations

import copy

import pytest

from sopctl.sandbox.k8s.cluster import ApiError
from tests.sandbox.k8s.clients import config_map, deployment, pod


def refused(call, *arguments):
    with pytest.raises(ApiError) as error:
        call(*arguments)
    assert error.value.status == 422, error.value
    return [item["field"] for item in error.value.body["details"]["causes"]]


@pytest.mark.parametrize("name", ["Web", "web_1", "-web", "w" * 254])
def test_names_are_dns_names(cluster, name):
    assert refused(cluster.create, "configmaps", config_map(name)) == ["metadata.name"]


def test_roles_may_be_called_anything(cluster):
    cluster.create("clusterroles", {"metadata": {"name": "system:Reader"}, "rules": []})


@pytest.mark.parametrize("labels", [{"a b": "c"}, {"a": "b c"}, {"a": "b" * 64}, {"a": "-"}])
def test_labels_have_an_alphabet(cluster, labels):
    body = config_map()
    body["metadata"]["labels"] = labels
    assert refused(cluster.create, "configmaps", body) == ["metadata.labels"]


def test_every_broken_field_is_told_at_once(cluster):
    body = deployment(replicas=-1)
    body["spec"]["template"]["metadata"]["labels"] = {"other": "x"}
    assert refused(cluster.create, "deployments", body) == [
        "spec.replicas",
        "spec.template.metadata.labels",
    ]


def test_containers_have_names_of_their_own(cluster):
    body = deployment()
    containers = body["spec"]["template"]["spec"]["containers"]
    containers.append(copy.deepcopy(containers[0]))
    assert refused(cluster.create, "deployments", body) == ["spec.template.spec.containers[1].name"]


def test_a_pod_without_containers_is_refused(cluster):
    assert refused(cluster.create, "pods", pod(containers=[])) == ["spec.containers"]


def test_a_running_pod_takes_images_and_tolerations_and_nothing_else(cluster):
    created = cluster.create("pods", pod())
    created["spec"]["containers"][0]["image"] = "nginx:2"
    created["spec"]["tolerations"].append({"key": "x", "operator": "Exists"})
    stored = cluster.update("pods", created)
    assert stored["spec"]["containers"][0]["image"] == "nginx:2"
    fewer = copy.deepcopy(stored)
    fewer["spec"]["tolerations"].pop()
    assert refused(cluster.update, "pods", fewer) == ["spec.tolerations"]
    stored["spec"]["priorityClassName"] = "system-node-critical"
    assert refused(cluster.update, "pods", stored) == ["spec"]


@pytest.mark.parametrize(
    ("resource", "spec", "field"),
    [
        ("poddisruptionbudgets", {"minAvailable": 1, "maxUnavailable": 1}, "spec"),
        ("leases", {"leaseDurationSeconds": 0}, "spec.leaseDurationSeconds"),
        ("nodes", {"taints": [{"key": "a", "effect": "Sometimes"}]}, "metadata.taints[0].effect"),
        ("mutatingadmissionpolicybindings", {}, "spec.policyName"),
    ],
)
def test_specs_are_checked(cluster, resource, spec, field):
    assert refused(cluster.create, resource, {"metadata": {"name": "x"}, "spec": spec}) == [field]


@pytest.mark.parametrize(("low", "high"), [(0, 5), (4, 3)])
def test_an_autoscaler_needs_room(cluster, low, high):
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"minReplicas": low, "maxReplicas": high, "scaleTargetRef": target}
    body = {"metadata": {"name": "web"}, "spec": spec}
    assert refused(cluster.create, "horizontalpodautoscalers", body)


def test_what_is_declared_immutable_stays(cluster):
    cluster.create("configmaps", {**config_map(), "immutable": True})
    change = {"data": {"a": "2"}}
    assert refused(cluster.patch, "configmaps", "settings", change, "default") == ["data"]


def test_a_binding_keeps_its_role(cluster):
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "a"}
    binding = cluster.create(
        "clusterrolebindings", {"metadata": {"name": "b"}, "roleRef": reference}
    )
    binding["roleRef"] = {**reference, "name": "other"}
    assert refused(cluster.update, "clusterrolebindings", binding) == ["roleRef"]


def test_an_old_fault_does_not_block_a_change_elsewhere(cluster):
    with cluster.lock:
        body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "uid": "u"}}
        cluster.store.put("nodes", {**body, "spec": {"podCIDR": 5}})
    changed = cluster.patch("nodes", "n1", {"spec": {"unschedulable": True}})
    assert changed["spec"] == {"podCIDR": 5, "unschedulable": True}
