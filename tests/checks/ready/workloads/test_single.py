from __future__ import annotations

from sopctl.checks.ready.workloads.single import CHECK, Params
from tests.fakes.workloads import deployment


def test_a_single_replica_is_named_and_none_at_all_is_not(stage):
    stage.cluster.create("deployments", deployment("web", 2))
    stage.cluster.create("deployments", deployment("off", 0))
    assert CHECK.look(stage.clients, Params()).holds
    stage.cluster.create("deployments", deployment("alone", 1))
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("shop/alone has a single replica",)
    assert CHECK.look(stage.clients, Params(except_namespaces=("shop",))).holds
