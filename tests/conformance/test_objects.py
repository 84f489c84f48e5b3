"""What the official client relies on: discovery, creating, checking, listing, replacing."""

from __future__ import annotations

import pytest
from kubernetes import client, dynamic

from tests.conformance.manifests import MERGE, config_map, deployment, lease, spread

DEPLOYMENTS = "/apis/apps/v1/namespaces/{ns}/deployments"
WEB = f"{DEPLOYMENTS}/web"
MAPS = "/api/v1/namespaces/{ns}/configmaps"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/{ns}/leases"


def names(listed):
    return [item["metadata"]["name"] for item in listed["items"]]


# --- discovery ------------------------------------------------------------------------


def test_the_client_finds_versions_groups_and_core_resources(api):
    assert client.VersionApi(api).get_code().git_version.startswith("v1.")
    groups = {group.name for group in client.ApisApi(api).get_api_versions().groups}
    assert {"apps", "policy", "coordination.k8s.io", "autoscaling"} <= groups
    resources = client.CoreV1Api(api).get_api_resources().resources
    assert {"pods", "pods/eviction", "nodes/status"} <= {item.name for item in resources}


@pytest.mark.release(27)
def test_discovery_is_served_aggregated(kube):
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    found = kube("GET", "/apis", headers={"Accept": accept})
    assert found["kind"] == "APIGroupDiscoveryList"
    apps = next(item for item in found["items"] if item["metadata"]["name"] == "apps")
    listed = {item["resource"] for item in apps["versions"][0]["resources"]}
    assert {"deployments", "replicasets", "statefulsets", "daemonsets"} <= listed


def test_the_dynamic_client_works(api, ns, web, tmp_path):
    finder = dynamic.DynamicClient(api, cache_file=str(tmp_path / "discovery.json"))
    resource = finder.resources.get(api_version="apps/v1", kind="Deployment")
    assert resource.get(name="web", namespace=ns).spec.replicas == 3


@pytest.mark.release(24)
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
    assert kube.refused("GET", "/apis/nothing.example/v1/things") == "404 page not found\n"


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
    refused = kube.refused(
        "POST", f"/api/v1/namespaces/{kube.namespace}-no/configmaps", config_map()
    )
    assert refused["message"] == f'namespaces "{kube.namespace}-no" not found'


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
        "involvedObject": {"kind": "Pod", "name": "web-1", "namespace": kube.namespace},
        "reason": "Evicted",
        "type": "Normal",
    }
    events = "/api/v1/namespaces/{ns}/events"
    kube("POST", events, event)
    found = kube("GET", events, fieldSelector="involvedObject.name=web-1,type=Normal")
    assert names(found) == ["web.1"]
    assert names(kube("GET", events, fieldSelector="reason=Other")) == []


def test_a_resource_version_on_create_is_refused(kube):
    body = config_map()
    body["metadata"]["resourceVersion"] = "5"
    assert kube.refused("POST", MAPS, body)["code"] == 500


# --- validation -----------------------------------------------------------------------


def test_a_missing_field_is_422_with_its_path(kube):
    body = deployment()
    del body["spec"]["template"]["spec"]["containers"]
    refused = kube.refused("POST", DEPLOYMENTS, body)
    assert (refused["code"], refused["reason"]) == (422, "Invalid")
    assert refused["details"]["causes"][0]["field"] == "spec.template.spec.containers"


def test_a_wrong_type_is_400(kube):
    assert kube.refused("POST", DEPLOYMENTS, deployment(replicas="three"))["code"] == 400


@pytest.mark.release(25)
def test_an_unknown_field_is_refused_warned_about_or_dropped(kube):
    body = deployment(nonsense=1)
    strict = kube.refused("POST", DEPLOYMENTS, body, fieldValidation="Strict")
    assert 'unknown field "spec.nonsense"' in strict["message"]
    created = kube("POST", DEPLOYMENTS, body, fieldValidation="Warn")
    assert 'unknown field \\"spec.nonsense\\"' in kube.headers["Warning"]
    assert "nonsense" not in created["spec"]


def test_a_dry_run_stores_nothing(kube):
    answer = kube("POST", DEPLOYMENTS, deployment(), dryRun="All")
    assert answer["metadata"]["uid"]
    assert not kube.exists(WEB)
    assert kube.refused("POST", DEPLOYMENTS, deployment(), dryRun="Some")["code"] == 422


@pytest.mark.parametrize(
    ("constraints", "reason"),
    [
        ([spread(), spread()], "FieldValueDuplicate"),
        ([spread(when="ScheduleAnyway", minDomains=3)], "FieldValueInvalid"),
        ([spread() | {"maxSkew": 0}], "FieldValueInvalid"),
    ],
)
@pytest.mark.release(25)
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
def leases(kube):
    for index in range(5):
        kube("POST", LEASES, lease(f"m{index}", n=str(index), odd=str(index % 2)))
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
def test_label_selectors(leases, selector, expected):
    assert names(leases("GET", LEASES, labelSelector=selector)) == expected


def test_field_selectors(leases):
    assert names(leases("GET", LEASES, fieldSelector="metadata.name=m3")) == ["m3"]
    assert names(leases("GET", LEASES, fieldSelector="metadata.name!=m3,metadata.name!=m0")) == [
        "m1",
        "m2",
        "m4",
    ]
    refused = leases.refused("GET", LEASES, fieldSelector="spec.holderIdentity=me")
    assert '"spec.holderIdentity" is not a known field selector' in refused["message"]
    assert refused["code"] == 400


def test_a_list_has_kind_version_and_revision(leases):
    listed = leases("GET", LEASES)
    assert (listed["kind"], listed["apiVersion"]) == ("LeaseList", "coordination.k8s.io/v1")
    assert int(listed["metadata"]["resourceVersion"]) >= 5


def test_a_list_comes_in_pages(leases):
    first = leases("GET", LEASES, limit=2)
    assert names(first) == ["m0", "m1"]
    assert first["metadata"]["remainingItemCount"] == 3
    second = leases("GET", LEASES, limit=2, **{"continue": first["metadata"]["continue"]})
    assert names(second) == ["m2", "m3"]
    last = leases("GET", LEASES, limit=2, **{"continue": second["metadata"]["continue"]})
    assert names(last) == ["m4"]
    assert "continue" not in last["metadata"]


def test_later_pages_show_the_state_of_the_first(leases):
    first = leases("GET", LEASES, limit=2)
    leases("DELETE", f"{LEASES}/m3")
    leases("POST", LEASES, lease("m2a"))
    rest = leases("GET", LEASES, **{"continue": first["metadata"]["continue"]})
    assert names(rest) == ["m2", "m3", "m4"]
    assert rest["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_an_exact_revision_is_listed_and_one_to_come_is_504(leases):
    then = leases("GET", LEASES)["metadata"]["resourceVersion"]
    leases("DELETE", f"{LEASES}/m0")
    exact = leases("GET", LEASES, resourceVersion=then, resourceVersionMatch="Exact")
    assert names(exact) == ["m0", "m1", "m2", "m3", "m4"]
    early = {"resourceVersion": str(10**12), "resourceVersionMatch": "NotOlderThan"}
    refused = leases.refused("GET", LEASES, **early)
    assert (refused["code"], refused["reason"]) == (504, "Timeout")
    assert refused["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


def test_list_options_that_do_not_go_together_are_422(leases):
    refused = leases.refused("GET", LEASES, resourceVersionMatch="Exact")
    assert (refused["code"], refused["details"]["kind"]) == (422, "ListOptions")


@pytest.mark.parametrize("query", [{"limit": "x"}, {"continue": "x"}, {"labelSelector": "a in"}])
def test_a_query_that_makes_no_sense_is_400(leases, query):
    assert leases.refused("GET", LEASES, **query)["code"] == 400


def test_all_namespaces_are_listed_together(leases):
    everywhere = leases("GET", "/apis/coordination.k8s.io/v1/leases", labelSelector="n=3")
    mine = [
        item for item in everywhere["items"] if item["metadata"]["namespace"] == leases.namespace
    ]
    assert [item["metadata"]["name"] for item in mine] == ["m3"]


def test_a_collection_can_be_deleted_by_selector(leases):
    leases("DELETE", LEASES, labelSelector="odd=0")
    assert names(leases("GET", LEASES)) == ["m1", "m3"]


def test_a_table_has_columns_and_rows(leases):
    accept = "application/json;as=Table;g=meta.k8s.io;v=v1"
    table = leases("GET", LEASES, headers={"Accept": accept})
    assert table["kind"] == "Table"
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Holder", "Age"]
    assert table["rows"][0]["cells"][:2] == ["m0", "me"]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    bare = leases("GET", LEASES, headers={"Accept": accept}, includeObject="None")
    assert bare["rows"][0].get("object") is None


# --- PUT ------------------------------------------------------------------------------


def test_a_stale_put_is_409(kube, web):
    kube("PATCH", WEB, {"spec": {"replicas": 4}}, media=MERGE)
    refused = kube.refused("PUT", WEB, web)
    assert (refused["code"], refused["reason"]) == (409, "Conflict")


def test_a_put_counts_the_generation(kube, web):
    del web["metadata"]["resourceVersion"]
    web["spec"]["replicas"] = 9
    assert kube("PUT", WEB, web)["metadata"]["generation"] == 2


def test_a_put_for_another_uid_is_409(kube, web):
    del web["metadata"]["resourceVersion"]
    web["metadata"]["uid"] = "11111111-2222-3333-4444-555555555555"
    refused = kube.refused("PUT", WEB, web)
    assert (refused["code"], refused["reason"]) == (409, "Conflict")
    assert "UID in precondition" in refused["message"]


def test_deletion_preconditions_hold(kube, web):
    wrong = {"preconditions": {"uid": "11111111-2222-3333-4444-555555555555"}}
    assert kube.refused("DELETE", WEB, wrong)["code"] == 409
    stale = {"preconditions": {"resourceVersion": "1"}}
    assert kube.refused("DELETE", WEB, stale)["code"] == 409
    right = {"preconditions": {"uid": web["metadata"]["uid"]}}
    assert kube("DELETE", WEB, right)["status"] == "Success"
