"""Service account tokens, impersonation and the limits of granting, over TLS."""

from __future__ import annotations

from datetime import timedelta

import pytest
from kubernetes import client

from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.http import KubeServer
from tests.sandbox.k8s.clients import Kube, connected, deployment, pod
from tests.sandbox.k8s.conftest import NOON, TOKEN

PODS = "/api/v1/namespaces/default/pods"
TOKENS = "/api/v1/namespaces/default/serviceaccounts/default/token"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
ROLES = f"{RBAC}/namespaces/default/roles"
BINDINGS = f"{RBAC}/namespaces/default/rolebindings"
ACCESS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"


class Time:
    now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def cluster(time):
    return Cluster(time)


@pytest.fixture
def server(cluster):
    server = KubeServer(cluster, token=TOKEN)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def admin(server, tmp_path):
    with connected(server, TOKEN, tmp_path) as api:
        yield Kube(api)


@pytest.fixture
def account(admin, server, tmp_path):
    """The default service account, by a token of its own."""
    token = admin("POST", TOKENS, {"spec": {"expirationSeconds": 600}})["status"]["token"]
    with connected(server, token, tmp_path) as api:
        yield Kube(api)


def bind(admin, role, subject, *, path=BINDINGS, kind="ClusterRole"):
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role}
    body = {"metadata": {"name": role}, "roleRef": reference, "subjects": [subject]}
    admin("POST", path, body)


ACCOUNT = {"kind": "ServiceAccount", "name": "default", "namespace": "default"}
NAME = "system:serviceaccount:default:default"


def may(kube, verb, resource="pods", **more):
    asked = {"verb": verb, "resource": resource, "namespace": "default", **more}
    return kube("POST", ACCESS, {"spec": {"resourceAttributes": asked}})["status"]


# --- tokens ---------------------------------------------------------------------------


def test_a_service_account_is_known_by_its_token(account):
    review = client.AuthenticationV1Api(account.api).create_self_subject_review(
        client.V1SelfSubjectReview()
    )
    info = review.status.user_info
    assert info.username == NAME
    assert info.groups == [
        "system:serviceaccounts",
        "system:serviceaccounts:default",
        "system:authenticated",
    ]


def test_a_token_is_over_when_its_time_is(account, time):
    may(account, "get")
    time.now = NOON + timedelta(seconds=601)
    assert account.refused("GET", PODS)["code"] == 401


def test_a_token_goes_with_its_account(account, admin):
    admin("DELETE", TOKENS.removesuffix("/token"))
    admin("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "default"}})
    assert account.refused("GET", PODS)["code"] == 401


def test_a_forged_token_is_nobodys(admin, server, tmp_path):
    token = admin("POST", TOKENS, {})["status"]["token"]
    with connected(server, token[:-3] + "abc", tmp_path) as api:
        assert Kube(api).refused("GET", PODS)["code"] == 401


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ({"expirationSeconds": 60}, 422),
        ({"boundObjectRef": {"kind": "Pod", "name": "absent", "uid": "x"}}, 409),
        ({"boundObjectRef": {"kind": "Lease", "name": "absent"}}, 400),
    ],
)
def test_a_token_request_that_makes_no_sense_is_refused(admin, spec, code):
    assert admin.refused("POST", TOKENS, {"spec": spec})["code"] == code


def test_a_token_can_be_reviewed(admin):
    token = admin("POST", TOKENS, {})["status"]["token"]
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    status = admin("POST", path, {"spec": {"token": token}})["status"]
    assert (status["authenticated"], status["user"]["username"]) == (True, NAME)
    assert "authenticated" not in admin("POST", path, {"spec": {"token": "x"}})["status"]


# --- roles ----------------------------------------------------------------------------


def test_without_a_role_nothing_may_be_done_and_the_reviews_agree(account):
    refused = account.refused("GET", PODS)
    assert (refused["code"], refused["reason"]) == (403, "Forbidden")
    assert refused["message"] == (
        f'pods is forbidden: User "{NAME}" cannot list resource "pods" in API group "" in the '
        'namespace "default"'
    )
    assert may(account, "list") == {"allowed": False}


def test_a_bound_role_opens_what_it_names_and_the_reviews_agree(account, admin):
    bind(admin, "view", ACCOUNT)
    assert account("GET", PODS)["items"] == []
    assert may(account, "list") == {
        "allowed": True,
        "reason": 'RBAC: allowed by RoleBinding "view/default" of ClusterRole "view" to '
        'ServiceAccount "default/default"',
    }
    assert account.refused("GET", "/api/v1/namespaces/kube-system/pods")["code"] == 403
    assert account.refused("GET", "/api/v1/namespaces/default/secrets")["code"] == 403
    rules = account("POST", RULES, {"spec": {"namespace": "default"}})["status"]["resourceRules"]
    seen = [rule for rule in rules if "pods" in rule["resources"]]
    assert [rule["verbs"] for rule in seen] == [["get", "list", "watch"]]
    assert not any("secrets" in rule["resources"] for rule in rules)


def test_an_editor_may_evict_and_scale_but_not_cordon_or_grant(account, admin):
    bind(admin, "edit", ACCOUNT)
    account("POST", PODS, pod())
    account("POST", f"{PODS}/web-1/eviction", {"metadata": {"name": "web-1"}})
    path = "/apis/apps/v1/namespaces/default/deployments"
    account("POST", path, deployment())
    scale = {"spec": {"replicas": 5}}
    account("PATCH", f"{path}/web/scale", scale, media="application/merge-patch+json")
    assert account.refused("GET", "/api/v1/nodes")["code"] == 403
    assert account.refused("POST", ROLES, {"metadata": {"name": "r"}, "rules": []})["code"] == 403
    assert may(account, "create", "pods", subresource="eviction")["allowed"]
    assert not may(account, "patch", "nodes")["allowed"]


@pytest.mark.parametrize(
    ("verb", "path", "allowed"), [("get", "/version", True), ("get", "/metrics", False)]
)
def test_paths_that_are_no_resources_are_reviewed_too(account, verb, path, allowed):
    asked = {"spec": {"nonResourceAttributes": {"verb": verb, "path": path}}}
    assert account("POST", ACCESS, asked)["status"]["allowed"] is allowed


# --- impersonation --------------------------------------------------------------------


def test_impersonation_takes_a_right_of_its_own(account, admin, server):
    bob = {"Impersonate-User": "bob"}
    refused = account.refused("GET", PODS, headers=bob)
    assert refused["message"] == (
        f'users "bob" is forbidden: User "{NAME}" cannot impersonate resource "users" in API '
        'group "" at the cluster scope'
    )
    assert server.calls[-1].user == NAME
    rule = {"apiGroups": [""], "resources": ["users"], "verbs": ["impersonate"]}
    rule["resourceNames"] = ["bob"]
    admin("POST", f"{RBAC}/clusterroles", {"metadata": {"name": "as-bob"}, "rules": [rule]})
    bind(admin, "as-bob", ACCOUNT, path=f"{RBAC}/clusterrolebindings")
    assert 'User "bob" cannot list' in account.refused("GET", PODS, headers=bob)["message"]
    assert server.calls[-1].user == "bob"
    grouped = bob | {"Impersonate-Group": "system:masters"}
    assert "groups" in account.refused("GET", PODS, headers=grouped)["message"]


def test_an_impersonated_service_account_has_its_groups(admin):
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    review = admin("POST", path, {}, headers={"Impersonate-User": NAME})
    assert "system:serviceaccounts:default" in review["status"]["userInfo"]["groups"]


# --- granting -------------------------------------------------------------------------


def test_nobody_grants_more_than_they_have(account, admin):
    bind(admin, "admin", ACCOUNT)
    pods = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    account("POST", ROLES, {"metadata": {"name": "fine"}, "rules": [pods]})
    more = {"apiGroups": ["policy"], "resources": ["anything"], "verbs": ["get"]}
    refused = account.refused("POST", ROLES, {"metadata": {"name": "more"}, "rules": [more]})
    assert refused["code"] == 403
    assert "is attempting to grant RBAC permissions not currently held:" in refused["message"]
    assert '{APIGroups:["policy"], Resources:["anything"], Verbs:["get"]}' in refused["message"]
    admin("POST", ROLES, {"metadata": {"name": "more"}, "rules": [more]})
    patch = {"rules": [pods, more]}
    media = "application/merge-patch+json"
    assert account.refused("PATCH", f"{ROLES}/fine", patch, media=media)["code"] == 403


def test_nobody_binds_more_than_they_have_unless_allowed_to(account, admin):
    bind(admin, "admin", ACCOUNT)
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole"}
    body = {
        "metadata": {"name": "take"},
        "roleRef": {**reference, "name": "cluster-admin"},
        "subjects": [ACCOUNT],
    }
    assert account.refused("POST", BINDINGS, body)["code"] == 403
    view = {**body, "metadata": {"name": "see"}, "roleRef": {**reference, "name": "view"}}
    account("POST", BINDINGS, view)
    rule = {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"]}
    rule |= {"verbs": ["bind"], "resourceNames": ["cluster-admin"]}
    admin("POST", ROLES, {"metadata": {"name": "binder"}, "rules": [rule]})
    bind(admin, "binder", ACCOUNT, kind="Role")
    account("POST", BINDINGS, body)
    assert account("GET", "/api/v1/namespaces/default/secrets")["items"] == []


def test_the_administrator_may_do_everything(admin):
    assert may(admin, "delete", "nodes") == {"allowed": True}
    everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    admin("POST", ROLES, {"metadata": {"name": "all"}, "rules": [everything]})
