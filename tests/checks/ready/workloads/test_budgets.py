from __future__ import annotations

from sopctl.checks.ready.workloads.budgets import CHECK, Params
from tests.fakes.workloads import deployment


def test_a_workload_without_a_budget_is_named_and_one_with_a_single_replica_needs_none(stage):
    stage.cluster.create("deployments", deployment("web", 2))
    stage.cluster.create("deployments", deployment("alone", 1))
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("shop/web has no PodDisruptionBudget",)
    assert CHECK.look(stage.clients, Params(except_namespaces=("shop",))).holds
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    budget = {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
    stage.cluster.create("poddisruptionbudgets", budget)
    assert CHECK.look(stage.clients, Params()).holds
