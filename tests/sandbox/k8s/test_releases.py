"""Where releases differ, from the same table that the registry reads."""

from __future__ import annotations

import json

import pytest

from sopctl.sandbox.k8s import releases
from sopctl.sandbox.k8s.api import Api
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.request import Request, User
from tests.sandbox.k8s.clients import deployment, pod, spread
from tests.sandbox.k8s.conftest import NOON

ADMIN = User(name="admin", groups=("system:masters",))
ADMISSION = "/apis/admissionregistration.k8s.io/v1"


class Old:
    def __init__(self, release):
        self.cluster = Cluster(lambda: NOON, release)
        self.api = Api(self.cluster)

    def __call__(self, method, path, body=None, **query):
        request = Request(
            method=method,
            path=path,
            query=query,
            headers={"content-type": "application/json"},
            body=json.dumps(body).encode() if body is not None else b"",
            user=ADMIN,
        )
        self.last = self.api.handle(request)
        return json.loads(self.last.body)


@pytest.fixture(params=releases.SUPPORTED)
def old(request):
    return Old(request.param)


def test_the_version_is_told(old):
    told = old("GET", "/version")
    assert (f"{told['major']}.{told['minor']}", told["gitVersion"]) == (
        old.cluster.version,
        f"v{old.cluster.version}.0+sandbox",
    )


def served(old, group):
    found = old("GET", f"/apis/{group}/v1").get("resources", [])
    return {item["name"] for item in found}


@pytest.mark.parametrize(
    ("group", "plural", "first"),
    [
        ("admissionregistration.k8s.io", "mutatingadmissionpolicies", 36),
        ("admissionregistration.k8s.io", "mutatingadmissionpolicybindings", 36),
        ("admissionregistration.k8s.io", "validatingadmissionpolicies", 30),
        ("networking.k8s.io", "servicecidrs", 33),
        ("networking.k8s.io", "ipaddresses", 33),
        ("storage.k8s.io", "volumeattributesclasses", 34),
        ("policy", "poddisruptionbudgets", 30),
    ],
)
def test_resources_are_served_since(old, group, plural, first):
    is_served = releases.minor_of(old.cluster.version) >= first
    assert (plural in served(old, group)) is is_served
    accepted = old("GET", f"/apis/{group}/v1/{plural}")
    assert accepted.get("code", 200) == (200 if is_served else 404)
    documents = old("GET", f"/openapi/v3/apis/{group}/v1")["paths"]
    assert any(path.endswith(f"/{plural}") for path in documents) is is_served


def test_every_release_lists_only_what_it_serves(old):
    for group in old("GET", "/apis")["groups"]:
        for version in group["versions"]:
            for item in old("GET", f"/apis/{version['groupVersion']}")["resources"]:
                kind = old.cluster.registry.at(
                    group["name"], version["version"], item["name"].split("/")[0]
                )
                assert releases.serves(old.cluster.version, kind.group, kind.version, kind.plural)


def test_validating_policies_are_enforced_everywhere(old):
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"]}
    spec = {
        "matchConstraints": {"resourceRules": [{**rule, "resources": ["deployments"]}]},
        "validations": [{"expression": "object.spec.replicas < 3"}],
    }
    old(
        "POST",
        f"{ADMISSION}/validatingadmissionpolicies",
        {"metadata": {"name": "few"}, "spec": spec},
    )
    bound = {"policyName": "few", "validationActions": ["Deny"]}
    binding = {"metadata": {"name": "few"}, "spec": bound}
    old("POST", f"{ADMISSION}/validatingadmissionpolicybindings", binding)
    refused = old("POST", "/apis/apps/v1/namespaces/default/deployments", deployment())
    assert refused["code"] == 422


def test_unhealthy_pods_can_be_let_go_everywhere(old):
    spec = {"selector": {}, "minAvailable": 1, "unhealthyPodEvictionPolicy": "AlwaysAllow"}
    path = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"
    made = old("POST", path, {"metadata": {"name": "web"}, "spec": spec}, fieldValidation="Strict")
    assert made["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_node_taints_can_count_in_the_spread_everywhere(old):
    constraint = spread(nodeTaintsPolicy="Honor", nodeAffinityPolicy="Ignore")
    body = pod(topologySpreadConstraints=[constraint])
    made = old("POST", "/api/v1/namespaces/default/pods", body, fieldValidation="Strict")
    assert made["spec"]["topologySpreadConstraints"][0]["nodeTaintsPolicy"] == "Honor"


def test_a_field_of_a_later_release_is_dropped_with_a_warning_or_refused(old):
    path = "/api/v1/namespaces/default/services"
    body = {
        "metadata": {"name": "web"},
        "spec": {"ports": [{"port": 80}], "trafficDistribution": "PreferClose"},
    }
    knows = releases.minor_of(old.cluster.version) >= 31
    strict = old("POST", path, body, fieldValidation="Strict", dryRun="All")
    assert strict.get("code", 201) == (201 if knows else 400)
    made = old("POST", path, body)
    assert ("trafficDistribution" in made["spec"]) is knows
    warned = [value for name, value in old.last.headers if name == "Warning"]
    assert bool(warned) is not knows


def test_tolerances_of_autoscalers_come_late(old):
    behavior = {"scaleDown": {"tolerance": "50m"}}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"maxReplicas": 3, "scaleTargetRef": target, "behavior": behavior}
    path = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
    made = old("POST", path, {"metadata": {"name": "web"}, "spec": spec})
    knows = releases.minor_of(old.cluster.version) >= 35
    assert ("tolerance" in made["spec"]["behavior"]["scaleDown"]) is knows


def test_initial_events_of_a_watch_need_the_watch_list(old):
    query = {"watch": "1", "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
    path = "/api/v1/namespaces/default/configmaps"
    request = Request(method="GET", path=path, query=query, user=ADMIN)
    response = old.api.handle(request)
    assert response.status == (200 if old.cluster.version in WITH_WATCH_LIST else 422)


WITH_WATCH_LIST = {"1.32", "1.34", "1.35", "1.36", "1.37"}


def test_every_row_says_where_it_is_written():
    rows = [*releases.RESOURCES.values(), *releases.FIELDS.values(), releases.WATCH_LIST]
    assert all("KEP-" in row.source for row in rows)
