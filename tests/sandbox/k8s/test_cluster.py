from __future__ import annotations

import pytest

from sopctl.sandbox.k8s.cluster import ApiError, Cluster
from tests.sandbox.k8s.clients import config_map, deployment, pod
from tests.sandbox.k8s.conftest import NOON


def test_a_created_object_has_an_identity_and_defaults(cluster):
    created = cluster.create("deployments", deployment())
    meta = created["metadata"]
    assert meta["uid"]
    assert meta["resourceVersion"]
    assert meta["generation"] == 1
    assert meta["creationTimestamp"] == "2026-06-01T12:00:00Z"
    assert created["spec"]["strategy"]["rollingUpdate"]["maxSurge"] == "25%"
    assert created["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 30


def test_what_is_returned_is_a_copy(cluster):
    cluster.create("configmaps", config_map(a="1"))
    cluster.get("configmaps", "settings", "default")["data"]["a"] = "changed"
    assert cluster.get("configmaps", "settings", "default")["data"] == {"a": "1"}


def test_creating_twice_is_refused(cluster):
    cluster.create("configmaps", config_map())
    with pytest.raises(ApiError) as refused:
        cluster.create("configmaps", config_map())
    assert (refused.value.status, refused.value.reason) == (409, "AlreadyExists")


def test_a_spec_change_counts_as_a_generation_and_a_status_change_does_not(cluster):
    cluster.create("deployments", deployment())
    changed = cluster.patch("deployments", "web", {"spec": {"replicas": 5}}, "default")
    assert changed["metadata"]["generation"] == 2
    same = cluster.patch("deployments", "web", {"status": {"replicas": 5}}, "default", "status")
    assert same["metadata"]["generation"] == 2
    assert same["status"]["replicas"] == 5


def test_the_main_path_cannot_change_the_status_and_the_status_path_cannot_change_the_spec(cluster):
    created = cluster.create("deployments", deployment())
    created["status"] = {"replicas": 7}
    assert cluster.update("deployments", created)["status"] == {}
    created["spec"]["replicas"] = 9
    stored = cluster.update("deployments", created, "status")
    assert (stored["spec"]["replicas"], stored["status"]) == (3, {"replicas": 7})


def test_a_write_that_changes_nothing_leaves_the_revision_alone(cluster):
    cluster.create("deployments", deployment())
    before = cluster.revision
    cluster.patch("deployments", "web", {"spec": {"replicas": 3}}, "default")
    assert cluster.revision == before


def test_a_stale_update_is_refused(cluster):
    first = cluster.create("configmaps", config_map(a="1"))
    cluster.patch("configmaps", "settings", {"data": {"a": "2"}}, "default")
    with pytest.raises(ApiError, match="has been modified") as refused:
        cluster.update("configmaps", first)
    assert refused.value.status == 409


def test_a_pod_on_a_node_terminates_until_the_kubelet_is_done(cluster):
    cluster.create("pods", pod(node="n1"))
    cluster.delete("pods", "web-1", "default", grace=30)
    meta = cluster.get("pods", "web-1", "default")["metadata"]
    assert meta["deletionTimestamp"] == "2026-06-01T12:00:30Z"
    cluster.finish_delete("pods", "web-1", "default")
    assert cluster.get("pods", "web-1", "default") is None


def test_a_pod_without_a_node_goes_at_once(cluster):
    cluster.create("pods", pod())
    cluster.delete("pods", "web-1", "default", grace=30)
    assert cluster.get("pods", "web-1", "default") is None


def test_a_finalizer_holds_an_object_back_until_it_is_removed(cluster):
    held = config_map()
    held["metadata"]["finalizers"] = ["example.com/hold"]
    cluster.create("configmaps", held)
    cluster.delete("configmaps", "settings", "default")
    assert cluster.get("configmaps", "settings", "default")["metadata"]["deletionTimestamp"]
    cluster.patch("configmaps", "settings", {"metadata": {"finalizers": None}}, "default")
    assert cluster.get("configmaps", "settings", "default") is None


def test_another_incarnation_is_not_deleted(cluster):
    cluster.create("pods", pod())
    with pytest.raises(ApiError) as refused:
        cluster.delete("pods", "web-1", "default", uid="another")
    assert refused.value.status == 409


def test_a_scheduler_may_give_a_pod_its_node_and_nobody_may_move_it(cluster):
    cluster.create("pods", pod())
    bound = cluster.patch("pods", "web-1", {"spec": {"nodeName": "n1"}}, "default")
    assert bound["spec"]["nodeName"] == "n1"
    with pytest.raises(ApiError, match="pod updates may not change fields"):
        cluster.patch("pods", "web-1", {"spec": {"nodeName": "n2"}}, "default")


def test_mutating_policies_are_served_since_1_36():
    kinds = {kind.plural for kind in Cluster(lambda: NOON, "1.36").registry.types()}
    older = {kind.plural for kind in Cluster(lambda: NOON, "1.35").registry.types()}
    assert kinds - older == {"mutatingadmissionpolicies", "mutatingadmissionpolicybindings"}


def test_a_dump_holds_everything_stored(cluster):
    cluster.create("configmaps", config_map())
    assert cluster.dump()["configmaps"]["default/settings"]["data"] == {"a": "1"}
    assert "/kube-system" in cluster.dump()["namespaces"]


def test_an_empty_map_of_annotations_is_not_kept_as_go_omits_it(cluster):
    cluster.create("namespaces", {"metadata": {"name": "n", "annotations": {"a": "b"}}})

    patched = cluster.patch("namespaces", "n", {"metadata": {"annotations": {"a": None}}})

    assert "annotations" not in patched["metadata"]


def test_an_update_shares_what_it_leaves_alone(cluster):
    cluster.create("deployments", deployment())
    before = cluster.shared.get("deployments", "web", "default")
    after = cluster.shared.update("deployments", {**before, "status": {"replicas": 3}}, "status")
    assert after["status"]["replicas"] == 3
    assert after["spec"] is before["spec"]
    assert "replicas" not in before["status"]


def test_a_patch_shares_what_it_leaves_alone(cluster):
    cluster.create("deployments", deployment())
    before = cluster.shared.get("deployments", "web", "default")
    after = cluster.shared.patch("deployments", "web", {"spec": {"replicas": 9}}, "default")
    assert (before["spec"]["replicas"], after["spec"]["replicas"]) == (3, 9)
    assert after["spec"]["template"] is before["spec"]["template"]


def test_what_was_written_is_no_part_of_what_the_writer_holds(cluster):
    body = deployment()
    stored = cluster.shared.create("deployments", body)
    body["spec"]["template"]["spec"]["containers"].clear()
    assert stored["spec"]["template"]["spec"]["containers"]


def test_a_template_does_not_get_the_defaults_of_the_pods_made_from_it(cluster):
    holder = cluster.shared.create("deployments", deployment())
    template = holder["spec"]["template"]
    metadata = {**template["metadata"], "name": "web-1", "namespace": "default"}
    made = cluster.shared.create("pods", {"metadata": metadata, "spec": template["spec"]})
    assert made["spec"]["serviceAccountName"] == "default"
    assert "serviceAccountName" not in template["spec"]


def test_only_some_kinds_are_dumped_when_asked(cluster):
    cluster.create("configmaps", config_map(a="1"))
    assert set(cluster.dump(["configmaps", "nodes"])) == {"configmaps"}
