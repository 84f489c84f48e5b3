from __future__ import annotations

from sopctl.checks.ready.workloads.unhealthy import CHECK, Params


def test_a_budget_that_holds_unhealthy_pods_back_is_named(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}
    budget = {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
    made = stage.cluster.create("poddisruptionbudgets", budget)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows[0].startswith("shop/web has no unhealthyPodEvictionPolicy")
    made["spec"]["unhealthyPodEvictionPolicy"] = "AlwaysAllow"
    stage.cluster.update("poddisruptionbudgets", made)
    assert CHECK.look(stage.clients, Params()).holds
