"""What the official client relies on: watches, evictions, locks, identity and endings."""

from __future__ import annotations

import json
import threading

import pytest
from kubernetes import client, watch
from kubernetes.client.exceptions import ApiException

from tests.conformance.conftest import Kube
from tests.conformance.manifests import (
    APPLY,
    JSON,
    MERGE,
    READY,
    config_map,
    deployment,
    lease,
    pod,
)
from tests.conformance.place import eventually

DEPLOYMENTS = "/apis/apps/v1/namespaces/{ns}/deployments"
WEB = f"{DEPLOYMENTS}/web"
MAPS = "/api/v1/namespaces/{ns}/configmaps"
PODS = "/api/v1/namespaces/{ns}/pods"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/{ns}/leases"
BUDGETS = "/apis/policy/v1/namespaces/{ns}/poddisruptionbudgets"
RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}"


def names(listed):
    return [item["metadata"]["name"] for item in listed["items"]]


# --- watch ----------------------------------------------------------------------------


def followed(api, ns, **options):
    stream = watch.Watch().stream(
        client.CoordinationV1Api(api).list_namespaced_lease, ns, **options
    )
    return [(event["type"], event["object"].metadata.name) for event in stream]


def test_a_watch_continues_from_a_revision_and_ends_in_time(kube, api, ns):
    kube("POST", LEASES, lease("before"))
    revision = kube("GET", LEASES)["metadata"]["resourceVersion"]
    kube("POST", LEASES, lease("after"))
    kube("DELETE", f"{LEASES}/before")
    seen = followed(api, ns, resource_version=revision, timeout_seconds=1)
    assert seen == [("ADDED", "after"), ("DELETED", "before")]


def test_a_watch_sees_what_happens_while_it_waits(kube, api, ns):
    threading.Timer(0.2, kube, ["POST", LEASES, lease("later")]).start()
    assert followed(api, ns, timeout_seconds=1) == [("ADDED", "later")]


def test_leaving_a_selection_is_a_deletion_to_its_watcher(kube, api, ns):
    kube("POST", LEASES, lease(inside="yes"))
    revision = kube("GET", LEASES)["metadata"]["resourceVersion"]
    kube("PATCH", f"{LEASES}/lock", {"metadata": {"labels": {"inside": "no"}}}, media=MERGE)
    kube("PATCH", f"{LEASES}/lock", {"metadata": {"labels": {"inside": "yes"}}}, media=MERGE)
    seen = followed(
        api, ns, resource_version=revision, timeout_seconds=1, label_selector="inside=yes"
    )
    assert [kind for kind, _ in seen] == ["DELETED", "ADDED"]


def streamed(kube, **query):
    """The events of a raw watch, as (type, object)."""
    parameters = kube.api.param_serialize(
        method="GET",
        resource_path=LEASES.replace("{ns}", kube.namespace),
        query_params=[("watch", "1"), ("timeoutSeconds", "1"), *query.items()],
        header_params={"Accept": "application/json"},
        auth_settings=["BearerToken"],
    )
    response = kube.api.call_api(*parameters)
    lines = response.read().splitlines()
    return [(event["type"], event["object"]) for event in map(json.loads, lines)]


@pytest.mark.release(34)
def test_the_end_of_the_initial_events_is_a_bookmark(kube):
    kube("POST", LEASES, lease())
    initial = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
    seen = streamed(kube, allowWatchBookmarks="true", **initial)
    assert [kind for kind, _ in seen][:2] == ["ADDED", "BOOKMARK"]
    marks = seen[1][1]["metadata"]["annotations"]
    assert marks == {"k8s.io/initial-events-end": "true"}


# --- eviction and locks ---------------------------------------------------------------


def running(kube, name="web-1"):
    """A pod that counts as running and ready, though no node runs it."""
    kube("POST", PODS, pod(name))
    kube("PATCH", f"{PODS}/{name}/status", {"status": READY}, media=MERGE)


def budget(kube, name="web", **spec):
    spec = spec or {"minAvailable": 1}
    body = {
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, **spec},
    }
    kube("POST", BUDGETS, body)
    eventually(lambda: kube("GET", f"{BUDGETS}/{name}")["status"].get("observedGeneration"), 1)


def evict(kube, name="web-1", **options):
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    return kube("POST", f"{PODS}/{name}/eviction", body | options)


def refusal(kube, name="web-1", **options):
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    return kube.refused("POST", f"{PODS}/{name}/eviction", body | options)


def is_going(kube, name="web-1"):
    """Whether its deletion has begun; without a node to wait for it ends at once."""
    if not kube.exists(f"{PODS}/{name}"):
        return True
    return "deletionTimestamp" in kube("GET", f"{PODS}/{name}")["metadata"]


def test_an_eviction_begins_the_deletion(kube, api, ns):
    running(kube)
    body = client.V1Eviction(metadata=client.V1ObjectMeta(name="web-1", namespace=ns))
    client.CoreV1Api(api).create_namespaced_pod_eviction("web-1", ns, body)
    assert is_going(kube)


@pytest.mark.release(21)
def test_a_budget_refuses_with_429_and_its_cause(kube):
    running(kube)
    budget(kube)
    refused = refusal(kube)
    assert (refused["code"], refused["reason"]) == (429, "TooManyRequests")
    cause = refused["details"]["causes"][0]
    assert cause["reason"] == "DisruptionBudget"
    assert cause["message"].endswith("needs 1 healthy pods and has 1 currently")
    assert not is_going(kube)


@pytest.mark.release(21)
def test_a_budget_that_allows_one_disruption_allows_no_second(kube):
    for name in ("web-1", "web-2"):
        running(kube, name)
    budget(kube)
    eventually(lambda: kube("GET", f"{BUDGETS}/web")["status"]["disruptionsAllowed"], 1)
    evict(kube, "web-1")
    assert refusal(kube, "web-2")["code"] == 429


@pytest.mark.release(21)
def test_two_budgets_are_an_error_of_the_server(kube):
    running(kube)
    budget(kube, "one")
    budget(kube, "two")
    refused = refusal(kube)
    assert (refused["code"], refused["reason"]) == (500, "InternalError")
    assert "more than one PodDisruptionBudget" in refused["message"]


@pytest.mark.release(21)
def test_a_pending_pod_bypasses_the_budget(kube):
    kube("POST", PODS, pod())
    budget(kube)
    evict(kube)
    eventually(lambda: kube.exists(f"{PODS}/web-1"), wanted=False)


@pytest.mark.release(22)
def test_an_eviction_of_another_incarnation_is_409(kube):
    running(kube)
    wrong = {"preconditions": {"uid": "11111111-2222-3333-4444-555555555555"}}
    assert refusal(kube, deleteOptions=wrong)["code"] == 409
    assert not is_going(kube)


@pytest.mark.release(22)
def test_a_dry_run_of_an_eviction_costs_nothing(kube):
    for name in ("web-1", "web-2"):
        running(kube, name)
    budget(kube)
    eventually(lambda: kube("GET", f"{BUDGETS}/web")["status"]["disruptionsAllowed"], 1)
    for name in ("web-1", "web-2"):
        evict(kube, name, deleteOptions={"dryRun": ["All"]})
        assert not is_going(kube, name)


@pytest.mark.release(26)
def test_an_unready_pod_is_kept_while_its_application_is_disrupted(kube):
    running(kube)
    unready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}
    kube("PATCH", f"{PODS}/web-1/status", {"status": unready}, media=MERGE)
    budget(kube)
    eventually(lambda: kube("GET", f"{BUDGETS}/web")["status"].get("currentHealthy"), 0)
    assert refusal(kube)["code"] == 429
    policy = {"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}}
    kube("PATCH", f"{BUDGETS}/web", policy, media=MERGE)
    eventually(lambda: kube("GET", f"{BUDGETS}/web")["status"].get("observedGeneration"), 2)
    evict(kube)
    assert is_going(kube)


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
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: dated}\n"
    text += "data: {since: 2026-01-01T00:00:00Z}\n"
    applied = kube("PATCH", f"{MAPS}/dated", text, media=APPLY, fieldManager="me")
    assert applied["data"] == {"since": "2026-01-01T00:00:00Z"}


# --- identity, audit and endings ------------------------------------------------------


@pytest.mark.release(28)
def test_the_caller_learns_who_it_is(api):
    review = client.AuthenticationV1Api(api).create_self_subject_review(
        client.V1SelfSubjectReview()
    )
    assert review.status.user_info.username
    assert "system:authenticated" in review.status.user_info.groups


@pytest.fixture
def bob(kube):
    """The headers of a user who may look at pods in the probe's namespace."""
    user = f"{kube.namespace}-bob"
    group = "rbac.authorization.k8s.io"
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]}
    kube("POST", f"{RBAC}/roles", {"metadata": {"name": "see"}, "rules": [rule]})
    binding = {
        "metadata": {"name": "see"},
        "roleRef": {"apiGroup": group, "kind": "Role", "name": "see"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
    }
    kube("POST", f"{RBAC}/rolebindings", binding)
    headers = {"Impersonate-User": user}
    eventually(lambda: may(kube, headers, "list"))
    return headers


def may(kube, headers, verb):
    asked = {"verb": verb, "resource": "pods", "namespace": kube.namespace}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    review = kube("POST", path, {"spec": {"resourceAttributes": asked}}, headers=headers)
    return review["status"]["allowed"]


def test_access_is_reviewed_by_roles(kube, bob):
    assert (may(kube, bob, "list"), may(kube, bob, "delete")) == (True, False)
    assert names(kube("GET", PODS, headers=bob)) == []
    refused = kube.refused("POST", PODS, pod(), headers=bob)
    assert (refused["code"], refused["reason"]) == (403, "Forbidden")
    assert refused["message"] == (
        f'pods is forbidden: User "{kube.namespace}-bob" cannot create resource "pods" in API '
        f'group "" in the namespace "{kube.namespace}"'
    )


def test_the_rules_of_a_user_agree_with_what_it_may(kube, bob):
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    review = kube("POST", path, {"spec": {"namespace": kube.namespace}}, headers=bob)
    rules = [rule for rule in review["status"]["resourceRules"] if "pods" in rule["resources"]]
    assert [(rule["apiGroups"], sorted(rule["verbs"])) for rule in rules] == [
        ([""], ["get", "list"])
    ]


@pytest.mark.release(28)
def test_a_service_account_is_known_by_its_token(kube, place, ns):
    path = "/api/v1/namespaces/{ns}/serviceaccounts/default/token"
    made = kube("POST", path, {"spec": {"expirationSeconds": 600}})
    assert made["status"]["expirationTimestamp"]
    with place.client(token=made["status"]["token"]) as api:
        own = Kube(api, ns)
        who = own("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
        assert who["status"]["userInfo"]["username"] == f"system:serviceaccount:{ns}:default"
        refused = own.refused("GET", "/api/v1/namespaces/{ns}/secrets")
        assert (refused["code"], refused["reason"]) == (403, "Forbidden")
    short = {"spec": {"expirationSeconds": 60}}
    assert kube.refused("POST", path, short)["code"] == 422


def test_nobody_grants_more_than_they_have(kube, bob):
    rule = {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["create"]}
    kube(
        "PATCH", f"{RBAC}/roles/see", [{"op": "add", "path": "/rules/-", "value": rule}], media=JSON
    )
    secrets = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
    body = {"metadata": {"name": "more"}, "rules": [secrets]}

    def refusal():
        return kube.refused("POST", f"{RBAC}/roles", body, headers=bob)["message"]

    text = "is attempting to grant RBAC permissions not currently held"
    eventually(lambda: text in refusal())


def test_access_can_be_reviewed_for_others(kube):
    asked = {
        "user": f"{kube.namespace}-eve",
        "resourceAttributes": {"verb": "get", "resource": "pods"},
    }
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    assert kube("POST", path, {"spec": asked})["status"]["allowed"] is False
    asked["groups"] = ["system:masters"]
    assert kube("POST", path, {"spec": asked})["status"]["allowed"] is True
    assert kube.refused("GET", path)["code"] == 405


def test_metadata_alone_can_be_asked_for(kube, web):
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    listed = kube("GET", DEPLOYMENTS, headers={"Accept": accept})
    assert listed["kind"] == "PartialObjectMetadataList"
    assert "spec" not in listed["items"][0]
    one = kube("GET", WEB, headers={"Accept": accept.replace("List", "")})
    assert one["metadata"]["uid"] == web["metadata"]["uid"]
    assert "spec" not in one


def test_every_answer_has_an_audit_id_and_its_flow(kube):
    for call in (kube, kube.refused):
        call("GET", MAPS if call is kube else f"{MAPS}/absent")
        assert kube.headers["Audit-Id"]
        assert kube.headers["X-Kubernetes-PF-FlowSchema-UID"]
        assert kube.headers["X-Kubernetes-PF-PriorityLevel-UID"]


def test_an_unknown_token_is_401(place, ns):
    with place.client(token="wrong") as api:
        assert Kube(api, ns).refused("GET", MAPS)["code"] == 401
        with pytest.raises(ApiException):
            client.CoreV1Api(api).list_namespaced_pod(ns)


def test_finalizers_hold_an_object_back(kube):
    body = config_map()
    body["metadata"]["finalizers"] = ["example.com/hold"]
    kube("POST", MAPS, body)
    held = kube("DELETE", f"{MAPS}/settings")
    assert held["metadata"]["deletionTimestamp"]
    kube("PATCH", f"{MAPS}/settings", {"metadata": {"finalizers": None}}, media=MERGE)
    assert kube.refused("GET", f"{MAPS}/settings")["code"] == 404


@pytest.mark.simulated_only("binds a pod to no node, and garbage collection removes those")
def test_a_pod_stays_for_its_grace_period(kube):
    kube("POST", PODS, pod(nodeName=kube.namespace))
    answer = kube("DELETE", f"{PODS}/web-1", {"gracePeriodSeconds": 5})
    assert answer["metadata"]["deletionGracePeriodSeconds"] == 5
    kube("DELETE", f"{PODS}/web-1", {"gracePeriodSeconds": 0})
    assert kube.refused("GET", f"{PODS}/web-1")["code"] == 404
