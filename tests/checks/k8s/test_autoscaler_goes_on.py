from __future__ import annotations

import pytest

from sopctl.checks.k8s.autoscaler_goes_on import CHECK, Params
from tests.actions.k8s.stage import silence, staged
from tests.fakes.workloads import node

ZONE = Params(zone="us-east-1a")


@pytest.fixture
def stage(tmp_path):
    with staged(tmp_path) as stage:
        stage.local.autoscaler()
        yield stage


def test_a_third_is_few_and_a_half_is_not(stage):
    verdict = CHECK.look(stage.clients, ZONE)
    assert verdict.holds
    assert verdict.detail == "without us-east-1a 2 of 6 nodes are unready, 33 %"
    for number in range(3):
        stage.cluster.create("nodes", node(f"a{number + 2}", "us-east-1a"))
    verdict = CHECK.look(stage.clients, ZONE)
    assert not verdict.holds
    assert verdict.detail == "without us-east-1a 5 of 9 nodes are unready, 56 %"
    assert verdict.rows[0].startswith("cluster-autoscaler halts above 45 %")
    assert "--free-volumes" in verdict.rows[1]


def test_nodes_that_are_unready_elsewhere_count_too(stage):
    for name in ("b0", "b1"):
        silence(stage, name)
    verdict = CHECK.look(stage.clients, ZONE)
    assert not verdict.holds
    assert verdict.detail.startswith("without us-east-1a 4 of 6 nodes")


def test_three_nodes_are_never_too_many(stage):
    for name in ("b0", "b1", "c0"):
        stage.cluster.delete("nodes", name)
    assert CHECK.look(stage.clients, ZONE).holds


def test_without_an_autoscaler_nothing_halts(stage):
    stage.cluster.delete("deployments", "cluster-autoscaler", "kube-system")
    assert not CHECK.look(stage.clients, ZONE).applies
