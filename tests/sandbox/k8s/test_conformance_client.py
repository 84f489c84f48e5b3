"""What the official client relies on, asked over TLS with a bearer token."""

from __future__ import annotations

import threading

import pytest
from kubernetes import client, dynamic, watch
from kubernetes.client.exceptions import ApiException

from tests.sandbox.k8s.clients import (
    APPLY,
    JSON,
    MERGE,
    STRATEGIC,
    Kube,
    config_map,
    connected,
    deployment,
    pod,
    spread,
)
from tests.sandbox.k8s.conftest import TOKEN
from tests.sandbox.k8s.test_admission import BINDING, RELAX

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
WEB = f"{DEPLOYMENTS}/web"
MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
NODES = "/api/v1/nodes"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ADMISSION = "/apis/admissionregistration.k8s.io/v1"


@pytest.fixture
def api(server, tmp_path):
    with connected(server, TOKEN, tmp_path) as api:
        yield api


@pytest.fixture
def kube(api):
    return Kube(api)


@pytest.fixture
def web(kube):
    return kube("POST", DEPLOYMENTS, deployment())


def names(listed):
    return [item["metadata"]["name"] for item in listed["items"]]


# --- discovery ------------------------------------------------------------------------


def test_the_client_finds_versions_groups_and_core_resources(api):
    assert client.VersionApi(api).get_code().git_version.startswith("v1.36")
    groups = {group.name for group in client.ApisApi(api).get_api_versions().groups}
    assert {"apps", "policy", "coordination.k8s.io", "autoscaling"} <= groups
    resources = client.CoreV1Api(api).get_api_resources().resources
    assert {"pods", "pods/eviction", "nodes/status"} <= {item.name for item in resources}


def test_discovery_is_served_aggregated(kube):
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    found = kube("GET", "/apis", headers={"Accept": accept})
    assert found["kind"] == "APIGroupDiscoveryList"
    apps = next(item for item in found["items"] if item["metadata"]["name"] == "apps")
    listed = {item["resource"] for item in apps["versions"][0]["resources"]}
    assert {"deployments", "replicasets", "statefulsets", "daemonsets"} <= listed


def test_the_dynamic_client_works(api, web, tmp_path):
    finder = dynamic.DynamicClient(api, cache_file=str(tmp_path / "discovery.json"))
    resource = finder.resources.get(api_version="apps/v1", kind="Deployment")
    assert resource.get(name="web", namespace="default").spec.replicas == 3


def test_openapi_names_merge_keys_and_field_validation(kube):
    index = kube("GET", "/openapi/v3")["paths"]
    document = kube("GET", index["apis/apps/v1"]["serverRelativeURL"].partition("?")[0])
    spec = document["components"]["schemas"]["io.k8s.api.core.v1.PodSpec"]["properties"]
    assert spec["containers"]["x-kubernetes-patch-merge-key"] == "name"
    parameters = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"][
        "patch"
    ]["parameters"]
    assert "fieldValidation" in {item["name"] for item in parameters}


def test_an_unknown_path_is_404(kube):
    assert kube.refused("GET", "/apis/apps/v1/nonsense")["code"] == 404
    assert kube.refused("GET", "/nothing")["reason"] == "NotFound"


# --- create ---------------------------------------------------------------------------


def test_the_server_gives_identity_generation_and_defaults(web):
    meta = web["metadata"]
    assert all(meta[key] for key in ("uid", "resourceVersion", "creationTimestamp"))
    assert meta["generation"] == 1
    assert web["spec"]["progressDeadlineSeconds"] == 600
    assert web["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] == "IfNotPresent"


def test_creating_twice_is_409_already_exists(kube, web):
    assert kube.refused("POST", DEPLOYMENTS, deployment())["reason"] == "AlreadyExists"


def test_a_missing_namespace_is_404(kube):
    path = "/api/v1/namespaces/nowhere/configmaps"
    refused = kube.refused("POST", path, config_map(namespace="nowhere"))
    assert refused["message"] == 'namespaces "nowhere" not found'


def test_a_missing_object_is_404_with_details(kube):
    refused = kube.refused("GET", WEB)
    assert refused["reason"] == "NotFound"
    assert refused["details"] == {"name": "web", "group": "apps", "kind": "deployments"}


def test_a_name_is_generated(kube):
    body = config_map()
    body["metadata"] = {"generateName": "probe-"}
    first, second = (kube("POST", MAPS, body)["metadata"]["name"] for _ in range(2))
    assert first.startswith("probe-")
    assert first != second


def test_an_event_can_be_written_and_found_by_its_object(kube):
    event = {
        "metadata": {"name": "web.1"},
        "involvedObject": {"kind": "Pod", "name": "web-1", "namespace": "default"},
        "reason": "Evicted",
        "type": "Normal",
    }
    kube("POST", "/api/v1/namespaces/default/events", event)
    found = kube("GET", "/api/v1/events", fieldSelector="involvedObject.name=web-1,type=Normal")
    assert names(found) == ["web.1"]
    assert names(kube("GET", "/api/v1/events", fieldSelector="reason=Other")) == []


def test_a_resource_version_on_create_is_refused(kube):
    body = config_map()
    body["metadata"]["resourceVersion"] = "5"
    assert kube.refused("POST", MAPS, body)["code"] == 400


# --- validation -----------------------------------------------------------------------


def test_a_missing_field_is_422_with_its_path(kube):
    body = deployment()
    del body["spec"]["template"]["spec"]["containers"]
    refused = kube.refused("POST", DEPLOYMENTS, body)
    assert (refused["code"], refused["reason"]) == (422, "Invalid")
    assert refused["details"]["causes"][0]["field"] == "spec.template.spec.containers"


def test_a_wrong_type_is_400(kube):
    assert kube.refused("POST", DEPLOYMENTS, deployment(replicas="three"))["code"] == 400


def test_an_unknown_field_is_refused_warned_about_or_dropped(kube):
    body = deployment(nonsense=1)
    strict = kube.refused("POST", DEPLOYMENTS, body, fieldValidation="Strict")
    assert 'unknown field "spec.nonsense"' in strict["message"]
    created = kube("POST", DEPLOYMENTS, body, fieldValidation="Warn")
    assert 'unknown field \\"spec.nonsense\\"' in kube.headers["Warning"]
    assert "nonsense" not in created["spec"]


def test_a_dry_run_stores_nothing(kube, cluster):
    before = cluster.dump()
    answer = kube("POST", DEPLOYMENTS, deployment(), dryRun="All")
    assert answer["metadata"]["uid"]
    assert cluster.dump() == before
    assert kube.refused("POST", DEPLOYMENTS, deployment(), dryRun="Some")["code"] == 422


@pytest.mark.parametrize(
    ("constraints", "reason"),
    [
        ([spread(), spread()], "FieldValueDuplicate"),
        ([spread(when="ScheduleAnyway", minDomains=3)], "FieldValueInvalid"),
        ([spread() | {"maxSkew": 0}], "FieldValueInvalid"),
    ],
)
def test_spread_constraints_are_checked(kube, constraints, reason):
    body = deployment()
    body["spec"]["template"]["spec"]["topologySpreadConstraints"] = constraints
    assert kube.refused("POST", DEPLOYMENTS, body)["details"]["causes"][0]["reason"] == reason


def test_the_selector_of_a_workload_cannot_change(kube, web):
    change = {"spec": {"selector": {"matchLabels": {"app": "other"}}}}
    refused = kube.refused("PATCH", WEB, change, media=MERGE)
    assert "field is immutable" in refused["message"]


# --- list -----------------------------------------------------------------------------


@pytest.fixture
def maps(kube):
    for index in range(5):
        body = config_map(f"m{index}")
        body["metadata"]["labels"] = {"n": str(index), "odd": str(index % 2)}
        kube("POST", MAPS, body)
    return kube


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("odd=1", ["m1", "m3"]),
        ("odd!=1", ["m0", "m2", "m4"]),
        ("n in (0, 4)", ["m0", "m4"]),
        ("n notin (0,4),odd=0", ["m2"]),
        ("n,!absent", ["m0", "m1", "m2", "m3", "m4"]),
        ("absent", []),
    ],
)
def test_label_selectors(maps, selector, expected):
    assert names(maps("GET", MAPS, labelSelector=selector)) == expected


def test_field_selectors(maps):
    assert names(maps("GET", MAPS, fieldSelector="metadata.name=m3")) == ["m3"]
    refused = maps.refused("GET", MAPS, fieldSelector="data.a=1")
    assert refused["message"] == "field label not supported: data.a"


def test_a_list_has_kind_version_and_revision(maps):
    listed = maps("GET", MAPS)
    assert (listed["kind"], listed["apiVersion"]) == ("ConfigMapList", "v1")
    assert int(listed["metadata"]["resourceVersion"]) >= 5


def test_a_list_comes_in_pages(maps):
    first = maps("GET", MAPS, limit=2)
    assert names(first) == ["m0", "m1"]
    assert first["metadata"]["remainingItemCount"] == 3
    second = maps("GET", MAPS, limit=2, **{"continue": first["metadata"]["continue"]})
    assert names(second) == ["m2", "m3"]
    last = maps("GET", MAPS, limit=2, **{"continue": second["metadata"]["continue"]})
    assert names(last) == ["m4"]
    assert "continue" not in last["metadata"]


@pytest.mark.parametrize("query", [{"limit": "x"}, {"continue": "x"}, {"labelSelector": "a in"}])
def test_a_query_that_makes_no_sense_is_400(maps, query):
    assert maps.refused("GET", MAPS, **query)["code"] == 400


def test_all_namespaces_are_listed_together(maps):
    other = "/api/v1/namespaces/kube-system/configmaps"
    maps("POST", other, config_map("z", "kube-system"))
    assert names(maps("GET", "/api/v1/configmaps"))[-1] == "z"
    assert names(maps("GET", other)) == ["z"]


def test_a_collection_can_be_deleted_by_selector(maps):
    maps("DELETE", MAPS, labelSelector="odd=0")
    assert names(maps("GET", MAPS)) == ["m1", "m3"]


# --- PUT ------------------------------------------------------------------------------


def test_a_stale_put_is_409(kube, web):
    kube("PATCH", WEB, {"spec": {"replicas": 4}}, media=MERGE)
    refused = kube.refused("PUT", WEB, web)
    assert (refused["code"], refused["reason"]) == (409, "Conflict")


def test_a_put_counts_the_generation(kube, web):
    web["spec"]["replicas"] = 9
    assert kube("PUT", WEB, web)["metadata"]["generation"] == 2


def test_deletion_preconditions_hold(kube, web):
    wrong = {"preconditions": {"uid": "another"}}
    assert kube.refused("DELETE", WEB, wrong)["code"] == 409
    right = {"preconditions": {"uid": web["metadata"]["uid"]}}
    assert kube("DELETE", WEB, right)["status"] == "Success"


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
    assert kube("GET", WEB) == web


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


# --- watch ----------------------------------------------------------------------------


def followed(api, **options):
    stream = watch.Watch().stream(
        client.CoreV1Api(api).list_namespaced_config_map, "default", **options
    )
    return [(event["type"], event["object"].metadata.name) for event in stream]


def test_a_watch_continues_from_a_revision_and_ends_in_time(kube, api):
    kube("POST", MAPS, config_map("before"))
    revision = kube("GET", MAPS)["metadata"]["resourceVersion"]
    kube("POST", MAPS, config_map("after"))
    kube("DELETE", f"{MAPS}/before")
    seen = followed(api, resource_version=revision, timeout_seconds=1)
    assert seen == [("ADDED", "after"), ("DELETED", "before")]


def test_a_watch_sees_what_happens_while_it_waits(kube, api, cluster):
    threading.Timer(0.2, cluster.create, ["configmaps", config_map("later")]).start()
    assert followed(api, timeout_seconds=1) == [("ADDED", "later")]


def test_leaving_a_selection_is_a_deletion_to_its_watcher(kube, api):
    body = config_map()
    body["metadata"]["labels"] = {"in": "yes"}
    kube("POST", MAPS, body)
    revision = kube("GET", MAPS)["metadata"]["resourceVersion"]
    kube("PATCH", f"{MAPS}/settings", {"metadata": {"labels": {"in": "no"}}}, media=MERGE)
    kube("PATCH", f"{MAPS}/settings", {"metadata": {"labels": {"in": "yes"}}}, media=MERGE)
    seen = followed(api, resource_version=revision, timeout_seconds=1, label_selector="in=yes")
    assert [kind for kind, _ in seen] == ["DELETED", "ADDED"]


# --- subresources ---------------------------------------------------------------------


def test_the_status_is_a_world_of_its_own(kube, web):
    both = {"spec": {"replicas": 8}, "status": {"replicas": 2}}
    by_status = kube("PATCH", f"{WEB}/status", both, media=MERGE)
    assert (by_status["spec"]["replicas"], by_status["status"]["replicas"]) == (3, 2)
    by_main = kube("PATCH", WEB, {"status": {"replicas": 7}}, media=MERGE)
    assert by_main["status"]["replicas"] == 2


def test_a_workload_is_scaled_by_its_scale(kube, web):
    scale = kube("GET", f"{WEB}/scale")
    assert (scale["kind"], scale["status"]["selector"]) == ("Scale", "app=web")
    scale["spec"]["replicas"] = 6
    assert kube("PUT", f"{WEB}/scale", scale)["spec"]["replicas"] == 6
    patched = kube("PATCH", f"{WEB}/scale", {"spec": {"replicas": 7}}, media=MERGE)
    assert patched["spec"]["replicas"] == kube("GET", WEB)["spec"]["replicas"] == 7


def test_a_node_is_cordoned_and_tainted(kube):
    kube("POST", NODES, {"metadata": {"name": "n1"}})
    operations = [{"op": "add", "path": "/spec/unschedulable", "value": True}]
    assert kube("PATCH", f"{NODES}/n1", operations, media=JSON)["spec"] == {"unschedulable": True}
    assert names(kube("GET", NODES, fieldSelector="spec.unschedulable=true")) == ["n1"]
    taint = {"key": "a", "effect": "NoSchedule"}
    twice = {"spec": {"taints": [taint, taint]}}
    assert kube.refused("PATCH", f"{NODES}/n1", twice, media=MERGE)["code"] == 422


def test_pods_are_bound_and_found_by_node(kube):
    kube("POST", PODS, pod())
    target = {"target": {"kind": "Node", "name": "n1"}, "metadata": {"name": "web-1"}}
    kube("POST", f"{PODS}/web-1/binding", target)
    found = kube("GET", "/api/v1/pods", fieldSelector="spec.nodeName=n1,status.phase!=Failed")
    assert names(found) == ["web-1"]
    assert kube.refused("POST", f"{PODS}/web-1/binding", target)["code"] == 409


def test_typed_clients_can_read_a_status_that_was_written_with_gaps(api, cluster):
    spec = {"selector": {"matchLabels": {"app": "web"}}}
    meta = {"name": "web", "namespace": "default"}
    cluster.create("poddisruptionbudgets", {"metadata": meta, "spec": spec})
    condition = {"type": "DisruptionAllowed", "status": "True", "reason": "SufficientPods"}
    condition["lastTransitionTime"] = "2026-06-01T12:00:00Z"
    status = {"status": {"conditions": [condition]}}
    cluster.patch("poddisruptionbudgets", "web", status, "default", "status")
    read = client.PolicyV1Api(api).read_namespaced_pod_disruption_budget("web", "default")
    assert read.status.conditions[0].message == ""


# --- eviction and locks ---------------------------------------------------------------


def test_an_eviction_begins_the_deletion(kube, api, cluster):
    cluster.create("pods", pod(node="n1"))
    body = client.V1Eviction(metadata=client.V1ObjectMeta(name="web-1", namespace="default"))
    client.CoreV1Api(api).create_namespaced_pod_eviction("web-1", "default", body)
    assert kube("GET", f"{PODS}/web-1")["metadata"]["deletionTimestamp"]


def test_a_budget_refuses_with_429_and_its_cause(kube, cluster):
    cluster.create("pods", pod(node="n1"))
    running = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    cluster.patch("pods", "web-1", running, "default", "status")
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    kube(
        "POST",
        "/apis/policy/v1/namespaces/default/poddisruptionbudgets",
        {"metadata": {"name": "web"}, "spec": spec},
    )
    status = {"status": {"observedGeneration": 1, "desiredHealthy": 1, "currentHealthy": 1}}
    cluster.patch("poddisruptionbudgets", "web", status, "default", "status")
    refused = kube.refused("POST", f"{PODS}/web-1/eviction", {"metadata": {"name": "web-1"}})
    assert (refused["code"], refused["reason"]) == (429, "TooManyRequests")
    assert refused["details"]["causes"][0]["reason"] == "DisruptionBudget"


def test_a_lease_is_a_lock(kube):
    lease = {"metadata": {"name": "lock"}, "spec": {"holderIdentity": "me"}}
    held = kube("POST", LEASES, lease)
    held["spec"]["holderIdentity"] = "other"
    kube("PUT", f"{LEASES}/lock", held)
    held["spec"]["holderIdentity"] = "me"
    assert kube.refused("PUT", f"{LEASES}/lock", held)["code"] == 409
    assert kube.refused("PUT", f"{LEASES}/lock", lease)["code"] == 422


def test_a_put_creates_a_lease_but_not_one_that_was_deleted(kube):
    lease = {"metadata": {"name": "lock"}, "spec": {"holderIdentity": "me"}}
    held = kube("PUT", f"{LEASES}/lock", lease)
    assert kube.status == 201
    kube("DELETE", f"{LEASES}/lock")
    refused = kube.refused("PUT", f"{LEASES}/lock", held)
    assert refused["code"] == 409
    assert "UID in object meta: " in refused["message"]
    assert kube.refused("PUT", WEB, deployment())["code"] == 404


def test_yaml_is_understood_and_its_dates_stay_texts(kube):
    text = "metadata: {name: dated}\ndata: {since: 2026-01-01T00:00:00Z}\n"
    applied = kube("PATCH", f"{MAPS}/dated", text, media=APPLY, fieldManager="me")
    assert applied["data"] == {"since": "2026-01-01T00:00:00Z"}


# --- custom resources -----------------------------------------------------------------

WIDGETS = "/apis/example.com/v1/namespaces/default/widgets"


@pytest.fixture
def widgets(kube):
    schema = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "required": ["size"],
                "properties": {
                    "size": {"type": "integer", "minimum": 1},
                    "mode": {"type": "string", "default": "auto", "enum": ["auto", "manual"]},
                },
            },
            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    version = {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}}
    kube(
        "POST",
        CRDS,
        {
            "metadata": {"name": "widgets.example.com"},
            "spec": {
                "group": "example.com",
                "scope": "Namespaced",
                "names": {"plural": "widgets", "kind": "Widget"},
                "versions": [{**version, "schema": {"openAPIV3Schema": schema}}],
            },
        },
    )
    return kube


def test_a_custom_resource_is_served_and_gone_with_its_definition(widgets):
    created = widgets("POST", WIDGETS, widget(size=2))
    assert created["spec"] == {"size": 2, "mode": "auto"}
    assert created["apiVersion"] == "example.com/v1"
    widgets("DELETE", f"{CRDS}/widgets.example.com")
    assert widgets.refused("GET", WIDGETS)["code"] == 404


def widget(**spec):
    return {"metadata": {"name": "w"}, "spec": spec}


@pytest.mark.parametrize("spec", [{}, {"size": 0}, {"size": "big"}, {"size": 1, "mode": "x"}])
def test_a_custom_resource_is_checked_by_its_schema(widgets, spec):
    assert widgets.refused("POST", WIDGETS, widget(**spec))["code"] == 422


def test_a_custom_resource_knows_no_strategic_patch(widgets):
    widgets("POST", WIDGETS, widget(size=2))
    change = {"spec": {"size": 3}}
    path = f"{WIDGETS}/w"
    assert widgets.refused("PATCH", path, change, media=STRATEGIC)["code"] == 415
    assert widgets("PATCH", path, change, media=MERGE)["spec"]["size"] == 3


def test_versions_of_a_custom_resource_share_their_objects(kube):
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    scale = {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"}
    both = [
        {"name": name, "served": True, "storage": name == "v1", "schema": schema}
        | {"subresources": {"scale": scale}}
        for name in ("v1beta1", "v1")
    ]
    names_ = {"plural": "pools", "kind": "Pool"}
    spec = {"group": "example.com", "scope": "Cluster", "names": names_, "versions": both}
    kube("POST", CRDS, {"metadata": {"name": "pools.example.com"}, "spec": spec})
    kube(
        "POST", "/apis/example.com/v1beta1/pools", {"metadata": {"name": "p"}, "spec": {"size": 1}}
    )
    for version in ("v1beta1", "v1"):
        found = kube("GET", f"/apis/example.com/{version}/pools")["items"]
        assert [item["apiVersion"] for item in found] == [f"example.com/{version}"]
    group = kube("GET", "/apis/example.com")
    assert group["preferredVersion"]["version"] == "v1"
    change = {"spec": {"replicas": 4}}
    kube("PATCH", "/apis/example.com/v1/pools/p/scale", change, media=MERGE)
    assert kube("GET", "/apis/example.com/v1beta1/pools/p")["spec"]["size"] == 4


# --- admission ------------------------------------------------------------------------


def test_a_mutating_policy_changes_a_probe_pod_under_dry_run(kube, cluster):
    kube("POST", "/api/v1/namespaces", {"metadata": {"name": "sopctl-system"}})
    keys = config_map(
        "sopctl-relax-spread", "sopctl-system", topologyKeys="topology.kubernetes.io/zone"
    )
    kube("POST", "/api/v1/namespaces/sopctl-system/configmaps", keys)
    kube("POST", f"{ADMISSION}/mutatingadmissionpolicies", RELAX)
    hard = pod(topologySpreadConstraints=[spread()])
    before = kube("POST", PODS, hard, dryRun="All")["spec"]["topologySpreadConstraints"]
    kube("POST", f"{ADMISSION}/mutatingadmissionpolicybindings", BINDING)
    after = kube("POST", PODS, hard, dryRun="All")["spec"].get("topologySpreadConstraints")
    assert ([item["whenUnsatisfiable"] for item in before], after) == (["DoNotSchedule"], [])
    assert cluster.list("pods") == []


# --- identity, audit and endings ------------------------------------------------------


def test_the_caller_learns_who_it_is(api):
    review = client.AuthenticationV1Api(api).create_self_subject_review(
        client.V1SelfSubjectReview()
    )
    assert review.status.user_info.username == "sandbox-admin"


def test_access_is_reviewed_by_roles(kube, server, tmp_path):
    kube(
        "POST",
        "/apis/rbac.authorization.k8s.io/v1/clusterroles",
        {
            "metadata": {"name": "reader"},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}],
        },
    )
    kube(
        "POST",
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        {
            "metadata": {"name": "bob"},
            "roleRef": {
                "kind": "ClusterRole",
                "name": "reader",
                "apiGroup": "rbac.authorization.k8s.io",
            },
            "subjects": [{"kind": "User", "name": "bob"}],
        },
    )
    bob = {"Impersonate-User": "bob"}

    def may(verb):
        asked = {"spec": {"resourceAttributes": {"verb": verb, "resource": "pods"}}}
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        return kube("POST", path, asked, headers=bob)["status"]["allowed"]

    assert (may("list"), may("delete")) == (True, False)
    assert names(kube("GET", PODS, headers=bob)) == []
    assert kube.refused("POST", PODS, pod(), headers=bob)["reason"] == "Forbidden"


def test_access_can_be_reviewed_for_others(kube):
    asked = {"user": "eve", "resourceAttributes": {"verb": "get", "resource": "pods"}}
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    assert kube("POST", path, {"spec": asked})["status"] == {"allowed": False}
    asked["groups"] = ["system:masters"]
    assert kube("POST", path, {"spec": asked})["status"]["allowed"] is True
    assert kube.refused("GET", path)["code"] == 405


def test_metadata_alone_can_be_asked_for(kube, web):
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    listed = kube("GET", DEPLOYMENTS, headers={"Accept": accept})
    assert listed["kind"] == "PartialObjectMetadataList"
    assert "spec" not in listed["items"][0]
    one = kube("GET", WEB, headers={"Accept": accept.replace("List", "")})
    assert one["metadata"] == web["metadata"]


def test_every_answer_has_an_audit_id_and_keeps_the_clients_own(kube, server):
    kube("GET", NODES)
    assert kube.headers["Audit-Id"] == server.calls[-1].audit_id
    kube("GET", NODES, headers={"Audit-ID": "run-7"})
    assert kube.headers["Audit-Id"] == "run-7"


def test_an_unknown_token_is_401(server, tmp_path):
    with connected(server, "wrong", tmp_path) as api:
        assert Kube(api).refused("GET", NODES)["code"] == 401
        with pytest.raises(ApiException):
            client.CoreV1Api(api).list_node()


def test_finalizers_hold_an_object_back(kube):
    body = config_map()
    body["metadata"]["finalizers"] = ["example.com/hold"]
    kube("POST", MAPS, body)
    held = kube("DELETE", f"{MAPS}/settings")
    assert held["metadata"]["deletionTimestamp"]
    kube("PATCH", f"{MAPS}/settings", {"metadata": {"finalizers": None}}, media=MERGE)
    assert kube.refused("GET", f"{MAPS}/settings")["code"] == 404


def test_a_pod_stays_for_its_grace_period(kube, cluster):
    cluster.create("pods", pod(node="n1"))
    answer = kube("DELETE", f"{PODS}/web-1", {"gracePeriodSeconds": 5})
    assert answer["metadata"]["deletionGracePeriodSeconds"] == 5
    kube("DELETE", f"{PODS}/web-1", {"gracePeriodSeconds": 0})
    assert kube.refused("GET", f"{PODS}/web-1")["code"] == 404


def test_only_effective_requests_count_as_mutating(kube, server):
    kube("POST", MAPS, config_map(), dryRun="All")
    kube("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
    kube("GET", MAPS)
    assert not any(call.mutating for call in server.calls)
    kube("POST", MAPS, config_map())
    assert [call.path for call in server.calls if call.mutating] == [MAPS]
