from __future__ import annotations

import threading

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from sopctl.sandbox.k8s.fairness import Seats, flow_of
from sopctl.sandbox.k8s.faults import FaultRule
from sopctl.sandbox.k8s.request import Request, User
from tests.sandbox.k8s.clients import Kube, connected, pod
from tests.sandbox.k8s.conftest import TOKEN

LEASES = "/apis/coordination.k8s.io/v1/namespaces"
PODS = "/api/v1/namespaces/default/pods"


@pytest.mark.parametrize(
    ("user", "groups", "path", "schema", "level"),
    [
        ("ann", ["system:masters", "system:authenticated"], PODS, "exempt", "exempt"),
        ("ann", ["system:authenticated"], PODS, "global-default", "global-default"),
        ("n1", ["system:nodes"], "/api/v1/nodes/n1/status", "system-node-high", "node-high"),
        (
            "n1",
            ["system:nodes"],
            f"{LEASES}/kube-node-lease/leases/n1",
            "system-node-high",
            "node-high",
        ),
        ("n1", ["system:nodes"], PODS, "system-nodes", "system"),
        (
            "system:kube-scheduler",
            ["system:authenticated"],
            f"{LEASES}/kube-system/leases/kube-scheduler",
            "system-leader-election",
            "leader-election",
        ),
        (
            "system:kube-scheduler",
            ["system:authenticated"],
            PODS,
            "kube-scheduler",
            "workload-high",
        ),
        (
            "system:serviceaccount:kube-system:ca",
            ["system:serviceaccounts", "system:serviceaccounts:kube-system"],
            PODS,
            "kube-system-service-accounts",
            "workload-high",
        ),
        (
            "system:serviceaccount:shop:web",
            ["system:serviceaccounts", "system:serviceaccounts:shop"],
            PODS,
            "service-accounts",
            "workload-low",
        ),
        ("nobody", [], PODS, "catch-all", "catch-all"),
    ],
)
def test_a_request_belongs_to_the_flow_of_its_user(user, groups, path, schema, level):
    asked = Request(method="GET", path=path, user=User(name=user, groups=tuple(groups)))
    flow = flow_of(asked)
    assert (flow.schema, flow.level) == (schema, level)


@pytest.fixture
def oncall(server, cluster, tmp_path):
    """An engineer who may do everything, without being exempt."""
    server.users["oncall"] = User(name="oncall")
    rule = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    cluster.create("clusterroles", {"metadata": {"name": "all"}, "rules": [rule]})
    cluster.create(
        "clusterrolebindings",
        {
            "metadata": {"name": "all"},
            "roleRef": {"kind": "ClusterRole", "name": "all"},
            "subjects": [{"kind": "User", "name": "oncall"}],
        },
    )
    with connected(server, "oncall", tmp_path) as api:
        yield Kube(api)


def test_a_level_without_a_free_seat_refuses_with_a_plain_text(server, oncall, cluster):
    oncall("GET", PODS)
    flow = oncall.headers["X-Kubernetes-PF-PriorityLevel-UID"]
    server.seats.limits["global-default"] = 0
    with pytest.raises(ApiException) as refused:
        client.CoreV1Api(oncall.api).list_namespaced_pod("default")
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "1")
    assert refused.value.body == "Too many requests, please try again later.\n"
    assert refused.value.headers["X-Kubernetes-PF-PriorityLevel-UID"] == flow
    del server.seats.limits["global-default"]
    oncall("GET", PODS)


def test_the_exempt_are_never_refused(server, tmp_path):
    server.seats.limits["exempt"] = 0
    with connected(server, TOKEN, tmp_path) as api:
        assert client.CoreV1Api(api).list_node().items == []


def test_a_budgets_429_is_told_apart_by_its_cause(server, oncall, cluster):
    cluster.create("pods", pod(node="n1"))
    running = {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}
    cluster.patch("pods", "web-1", running, "default", "status")
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    meta = {"name": "web", "namespace": "default"}
    cluster.create("poddisruptionbudgets", {"metadata": meta, "spec": spec})
    cluster.patch(
        "poddisruptionbudgets", "web", {"status": {"observedGeneration": 1}}, "default", "status"
    )
    api, body = client.CoreV1Api(oncall.api), client.V1Eviction(metadata={"name": "web-1"})

    def refusal():
        with pytest.raises(ApiException) as refused:
            api.create_namespaced_pod_eviction("web-1", "default", body)
        assert refused.value.status == 429
        return refused.value.body

    assert "DisruptionBudget" in refusal()
    server.faults.append(FaultRule("POST", "/eviction", "status", 429))
    assert refusal() == "Too many requests, please try again later.\n"
    cluster.patch("poddisruptionbudgets", "web", {"metadata": {"labels": {}}}, "default")
    cluster.patch("poddisruptionbudgets", "web", {"spec": {"minAvailable": 2}}, "default")
    assert "still being processed" in refusal()


def test_a_seat_is_given_back():
    seats = Seats()
    seats.limits["low"] = 1
    with seats.seat("low") as first, seats.seat("low") as second, seats.seat("high") as other:
        assert (first, second, other) == (True, False, True)
    with seats.seat("low") as again:
        assert again


def test_many_at_once_never_hold_more_seats_than_there_are():
    seats = Seats()
    seats.limits["low"] = 3
    together, count = threading.Barrier(8), []

    def work():
        together.wait()
        with seats.seat("low") as seated:
            count.append(seated)
            together.wait()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count.count(True) == 3
