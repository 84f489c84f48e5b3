from __future__ import annotations

import pytest

from sopctl.checks.k8s.controllers_placed import CHECK, Params
from tests.fakes.workloads import deployment, pod_spec

ZONE = Params(zone="us-east-1a")


@pytest.fixture
def controllers(stage):
    """DNS in two zones, metrics in zone a only."""
    stage.cluster.create("deployments", system("dns", 6))
    pinned = pod_spec(nodeSelector={"topology.kubernetes.io/zone": "us-east-1a"})
    stage.cluster.create("deployments", system("metrics", 1, pinned))
    stage.run()
    return stage


def system(name, replicas, spec=None):
    made = deployment(name, replicas, spec)
    made["metadata"]["namespace"] = "kube-system"
    return made


def test_a_controller_that_runs_in_the_zone_only_is_named(controllers):
    verdict = CHECK.look(controllers.clients, ZONE)
    assert not verdict.holds
    assert verdict.rows == (
        "kube-system/metrics: 1 of 1 pods are in us-east-1a, none is ready elsewhere",
    )


def test_another_zone_has_no_such_controller(controllers):
    assert CHECK.look(controllers.clients, Params(zone="us-east-1b")).holds


def test_a_pod_elsewhere_that_is_not_ready_does_not_count(controllers):
    for each in controllers.cluster.list("pods", "kube-system"):
        if each["spec"]["nodeName"][0] != "a":
            each["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
            controllers.cluster.update("pods", each, subresource="status")
    rows = CHECK.look(controllers.clients, ZONE).rows
    assert [row.partition(":")[0] for row in rows] == ["kube-system/dns", "kube-system/metrics"]


def test_only_the_namespaces_of_controllers_are_looked_at(controllers):
    pinned = pod_spec(nodeSelector={"topology.kubernetes.io/zone": "us-east-1a"})
    controllers.cluster.create("deployments", deployment("web", 1, pinned))
    controllers.run()
    assert len(CHECK.look(controllers.clients, ZONE).rows) == 1
    both = Params(zone="us-east-1a", namespaces=("kube-system", "shop"))
    assert len(CHECK.look(controllers.clients, both).rows) == 2


def test_a_controller_scaled_to_nothing_is_nobodys_worry(controllers):
    controllers.cluster.patch("deployments", "metrics", {"spec": {"replicas": 0}}, "kube-system")
    controllers.run()
    assert CHECK.look(controllers.clients, ZONE).holds
