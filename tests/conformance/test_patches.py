"""What the official client relies on: the four patch languages, owners, and subresources."""

from __future__ import annotations

import pytest

from tests.conformance.manifests import (
    APPLY,
    JSON,
    MERGE,
    STRATEGIC,
    config_map,
    deployment,
    pod,
    spread,
)

DEPLOYMENTS = "/apis/apps/v1/namespaces/{ns}/deployments"
WEB = f"{DEPLOYMENTS}/web"
MAPS = "/api/v1/namespaces/{ns}/configmaps"
PODS = "/api/v1/namespaces/{ns}/pods"
NODES = "/api/v1/nodes"


def names(listed):
    return [item["metadata"]["name"] for item in listed["items"]]


# --- JSON patch and merge patch -------------------------------------------------------


def test_a_json_patch_whose_tests_hold_is_applied(kube, web):
    operations = [
        {"op": "test", "path": "/metadata/uid", "value": web["metadata"]["uid"]},
        {"op": "test", "path": "/spec/replicas", "value": 3},
        {"op": "replace", "path": "/spec/replicas", "value": 5},
    ]
    assert kube("PATCH", WEB, operations, media=JSON)["spec"]["replicas"] == 5


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/spec/replicas", "value": 99},
        {"op": "test", "path": "/metadata/resourceVersion", "value": "1"},
        {"op": "remove", "path": "/spec/absent"},
        {"op": "replace", "path": "/spec/no/such/place", "value": 1},
    ],
)
def test_an_unappliable_json_patch_is_422_without_details(kube, web, operation):
    refused = kube.refused("PATCH", WEB, [operation], media=JSON)
    assert (refused["code"], refused["reason"], refused["details"]) == (422, "Invalid", {})
    message = "the server rejected our request due to an error in our request"
    assert refused["message"] == message
    after = kube("GET", WEB)
    assert (after["spec"], after["metadata"]["uid"]) == (web["spec"], web["metadata"]["uid"])


def test_a_merge_patch_removes_with_null(kube, web):
    change = {"metadata": {"labels": {"app": None, "new": "x"}}}
    assert kube("PATCH", WEB, change, media=MERGE)["metadata"]["labels"] == {"new": "x"}


def test_a_merge_patch_with_a_stale_version_is_409(kube, web):
    kube("PATCH", WEB, {"spec": {"replicas": 4}}, media=MERGE)
    change = {"metadata": {"resourceVersion": web["metadata"]["resourceVersion"]}}
    change["spec"] = {"replicas": 5}
    assert kube.refused("PATCH", WEB, change, media=MERGE)["code"] == 409


def test_an_unknown_patch_language_is_415(kube, web):
    assert kube.refused("PATCH", WEB, {"a": 1}, media="application/json")["code"] == 415


# --- strategic merge patch ------------------------------------------------------------


def template(**spec):
    return {"spec": {"template": {"spec": spec}}}


def test_containers_are_merged_by_name(kube, web):
    more = template(containers=[{"name": "app", "env": [{"name": "A", "value": "1"}]}, sidecar()])
    containers = kube("PATCH", WEB, more, media=STRATEGIC)["spec"]["template"]["spec"]["containers"]
    assert [item["image"] for item in containers] == ["nginx:1.27", "envoy"]
    assert containers[0]["env"] == [{"name": "A", "value": "1"}]


def sidecar():
    return {"name": "side", "image": "envoy"}


def test_a_directive_deletes_an_item(kube, web):
    kube("PATCH", WEB, template(containers=[sidecar()]), media=STRATEGIC)
    gone = template(containers=[{"name": "side", "$patch": "delete"}])
    containers = kube("PATCH", WEB, gone, media=STRATEGIC)["spec"]["template"]["spec"]["containers"]
    assert [item["name"] for item in containers] == ["app"]


def test_spread_constraints_are_merged_by_key_alone(kube, web):
    kube("PATCH", WEB, template(topologySpreadConstraints=[spread()]), media=STRATEGIC)
    soft = template(topologySpreadConstraints=[spread(when="ScheduleAnyway")])
    merged = kube("PATCH", WEB, soft, media=STRATEGIC)
    constraints = merged["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert [item["whenUnsatisfiable"] for item in constraints] == ["ScheduleAnyway"]


# --- server-side apply ----------------------------------------------------------------


def applied(kube, body, manager, **query):
    return kube("PATCH", WEB, body, media=APPLY, fieldManager=manager, **query)


def test_an_apply_creates(kube):
    created = applied(kube, deployment(), "one")
    assert kube.status == 201
    entry = created["metadata"]["managedFields"][0]
    assert (entry["manager"], entry["operation"]) == ("one", "Apply")
    assert entry["fieldsV1"]["f:spec"]["f:replicas"] == {}


def test_an_apply_conflicts_with_other_owners_unless_forced(kube):
    applied(kube, deployment(), "one")
    other = deployment(replicas=9)
    refused = kube.refused("PATCH", WEB, other, media=APPLY, fieldManager="two")
    cause = refused["details"]["causes"][0]
    assert (refused["code"], cause["reason"]) == (409, "FieldManagerConflict")
    assert cause["field"] == ".spec.replicas"
    assert applied(kube, other, "two", force="true")["spec"]["replicas"] == 9


def test_what_is_no_longer_applied_is_removed(kube):
    full = deployment()
    full["metadata"]["labels"]["extra"] = "x"
    applied(kube, full, "one")
    slim = applied(kube, deployment(), "one")
    assert slim["metadata"]["labels"] == {"app": "web"}


def test_an_apply_adds_a_second_spread_constraint_instead_of_replacing(kube):
    hard, soft = deployment(), deployment()
    hard["spec"]["template"]["spec"]["topologySpreadConstraints"] = [spread()]
    soft["spec"]["template"]["spec"]["topologySpreadConstraints"] = [spread(when="ScheduleAnyway")]
    applied(kube, hard, "one")
    both = applied(kube, soft, "two")["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert [c["whenUnsatisfiable"] for c in both] == ["DoNotSchedule", "ScheduleAnyway"]


def test_a_plain_patch_takes_ownership(kube):
    applied(kube, deployment(), "one")
    change = {"spec": {"replicas": 8}}
    patched = kube("PATCH", WEB, change, media=MERGE, fieldManager="editor")
    owners = {entry["manager"]: entry for entry in patched["metadata"]["managedFields"]}
    assert owners["editor"]["fieldsV1"] == {"f:spec": {"f:replicas": {}}}
    assert "f:replicas" not in owners["one"]["fieldsV1"]["f:spec"]


def test_an_apply_without_a_manager_is_refused(kube):
    assert kube.refused("PATCH", WEB, deployment(), media=APPLY)["code"] == 422


@pytest.mark.release(26)
def test_an_apply_that_cannot_be_typed_is_500(kube):
    body = deployment()
    body["spec"]["template"]["spec"]["containers"].append({"image": "x"})
    refused = kube.refused("PATCH", WEB, body, media=APPLY, fieldManager="one")
    assert (refused["code"], refused.get("reason", "")) == (500, "")
    assert "element that omits" in refused["message"]
    assert '"name"' in refused["message"]
    twice = deployment()
    twice["spec"]["template"]["spec"]["containers"] *= 2
    refused = kube.refused("PATCH", WEB, twice, media=APPLY, fieldManager="one")
    assert "duplicate entries for key" in refused["message"]
    unknown = kube.refused("PATCH", WEB, deployment(nonsense=1), media=APPLY, fieldManager="one")
    assert ".spec.nonsense: field not declared in schema" in unknown["message"]


def test_a_co_owned_atomic_list_goes_with_its_last_owner(kube):
    def running(*command):
        body = deployment()
        if command:
            body["spec"]["template"]["spec"]["containers"][0]["command"] = list(command)
        return body

    def command(obj):
        return obj["spec"]["template"]["spec"]["containers"][0].get("command")

    applied(kube, running("a", "b"), "one")
    applied(kube, running("a", "b"), "two")
    refused = kube.refused("PATCH", WEB, running("a"), media=APPLY, fieldManager="two")
    assert refused["details"]["causes"][0]["field"].endswith('[name="app"].command')
    assert command(applied(kube, running(), "one")) == ["a", "b"]
    assert command(applied(kube, running(), "two")) is None


def test_a_key_with_a_default_may_be_left_out_of_an_apply(kube):
    def serving(*ports):
        body = deployment()
        body["spec"]["template"]["spec"]["containers"][0]["ports"] = list(ports)
        return body

    applied(kube, serving({"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}), "one")
    both = applied(kube, serving({"containerPort": 53, "name": "dns"}), "two")
    ports = both["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert {(item["protocol"], item.get("name")) for item in ports} == {
        ("TCP", "dns"),
        ("UDP", None),
    }


def test_all_owners_are_forgotten_by_an_empty_entry(kube):
    kube("PATCH", f"{MAPS}/settings", config_map(), media=APPLY, fieldManager="one")
    forget = {"metadata": {"managedFields": [{}]}}
    forgotten = kube("PATCH", f"{MAPS}/settings", forget, media=MERGE)
    assert not forgotten["metadata"].get("managedFields")


@pytest.mark.release(22)
def test_the_status_is_not_applied_by_the_main_path(kube):
    created = applied(kube, deployment() | {"status": {"replicas": 4}}, "one")
    assert created["status"].get("replicas") is None
    entry = next(item for item in created["metadata"]["managedFields"] if item["manager"] == "one")
    assert "f:status" not in entry["fieldsV1"]


def test_force_is_for_applies_only(kube, web):
    refused = kube.refused("PATCH", WEB, {"spec": {}}, media=MERGE, force="true")
    assert (refused["code"], refused["details"]["causes"][0]["field"]) == (422, "force")


# --- subresources ---------------------------------------------------------------------


def test_the_status_is_a_world_of_its_own(kube, web):
    both = {"spec": {"replicas": 8}, "status": {"collisionCount": 2}}
    by_status = kube("PATCH", f"{WEB}/status", both, media=MERGE)
    assert (by_status["spec"]["replicas"], by_status["status"]["collisionCount"]) == (3, 2)
    by_main = kube("PATCH", WEB, {"status": {"collisionCount": 7}}, media=MERGE)
    assert by_main["status"].get("collisionCount") != 7


def test_a_workload_is_scaled_by_its_scale(kube, web):
    scale = kube("GET", f"{WEB}/scale")
    assert (scale["kind"], scale["status"]["selector"]) == ("Scale", "app=web")
    scale["spec"]["replicas"] = 6
    del scale["metadata"]["resourceVersion"]
    assert kube("PUT", f"{WEB}/scale", scale)["spec"]["replicas"] == 6
    patched = kube("PATCH", f"{WEB}/scale", {"spec": {"replicas": 7}}, media=MERGE)
    assert patched["spec"]["replicas"] == kube("GET", WEB)["spec"]["replicas"] == 7


@pytest.mark.cluster_wide("creates a Node object")
def test_a_node_is_cordoned_and_tainted(kube):
    path = f"{NODES}/{kube.namespace}"
    kube("POST", NODES, {"metadata": {"name": kube.namespace}})
    try:
        operations = [{"op": "add", "path": "/spec/unschedulable", "value": True}]
        assert kube("PATCH", path, operations, media=JSON)["spec"]["unschedulable"] is True
        query = f"spec.unschedulable=true,metadata.name={kube.namespace}"
        assert names(kube("GET", NODES, fieldSelector=query)) == [kube.namespace]
        taint = {"key": "a", "effect": "NoSchedule"}
        twice = {"spec": {"taints": [taint, taint]}}
        assert kube.refused("PATCH", path, twice, media=MERGE)["code"] == 422
    finally:
        kube("DELETE", path)


@pytest.mark.simulated_only("binds a pod to no node, and garbage collection removes those")
def test_pods_are_bound_and_found_by_node(kube):
    kube("POST", PODS, pod())
    target = {"target": {"kind": "Node", "name": kube.namespace}, "metadata": {"name": "web-1"}}
    kube("POST", f"{PODS}/web-1/binding", target)
    query = f"spec.nodeName={kube.namespace},status.phase!=Failed"
    assert names(kube("GET", "/api/v1/pods", fieldSelector=query)) == ["web-1"]
    assert kube.refused("POST", f"{PODS}/web-1/binding", target)["code"] == 409
