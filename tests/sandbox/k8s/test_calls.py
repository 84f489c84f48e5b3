"""The journal of calls that the simulator keeps, asked over TLS with a bearer token."""

from __future__ import annotations

import pytest
from kubernetes import client

from tests.sandbox.k8s.clients import Kube, config_map, connected
from tests.sandbox.k8s.conftest import TOKEN

MAPS = "/api/v1/namespaces/default/configmaps"
NODES = "/api/v1/nodes"
MASTERS = {"Impersonate-Group": "system:masters"}


@pytest.fixture
def api(server, tmp_path):
    with connected(server, TOKEN, tmp_path) as api:
        yield api


@pytest.fixture
def kube(api):
    return Kube(api)


def test_every_call_has_its_audit_id_and_keeps_the_clients_own(kube, server):
    kube("GET", NODES)
    assert kube.headers["Audit-Id"] == server.calls[-1].audit_id
    kube("GET", NODES, headers={"Audit-ID": "run-7"})
    assert kube.headers["Audit-Id"] == "run-7"


def test_only_effective_requests_count_as_mutating(kube, server):
    kube("POST", MAPS, config_map(), dryRun="All")
    kube("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
    kube("GET", MAPS)
    assert not any(call.mutating for call in server.calls)
    kube("POST", MAPS, config_map())
    assert [call.path for call in server.calls if call.mutating] == [MAPS]


def test_the_caller_is_named(kube, server, api):
    kube("GET", NODES, headers={"Impersonate-User": "system:kube-scheduler"} | MASTERS)
    assert server.calls[-1].user == "system:kube-scheduler"
    client.CoreV1Api(api).list_node()
    assert (server.calls[-1].user, server.calls[-1].mutating) == ("sandbox-admin", False)


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
