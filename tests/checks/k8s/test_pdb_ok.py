from __future__ import annotations

from sopctl.checks.k8s.pdb_ok import CHECK, Params
from tests.fakes.workloads import deployment


def budget(stage, name, desired, expected=3, app="web"):
    spec = {"minAvailable": desired, "selector": {"matchLabels": {"app": app}}}
    made = stage.cluster.create(
        "poddisruptionbudgets", {"metadata": {"name": name, "namespace": "shop"}, "spec": spec}
    )
    made["status"] = {
        "disruptionsAllowed": max(0, expected - desired),
        "currentHealthy": expected,
        "desiredHealthy": desired,
        "expectedPods": expected,
    }
    stage.cluster.update("poddisruptionbudgets", made, subresource="status")


def test_a_budget_that_lets_one_go_is_fine(stage):
    budget(stage, "web", 2)
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.holds
    assert verdict.detail == "1 budgets let their pods go one by one"


def test_a_budget_that_wants_all_of_them_never_lets_one_go(stage):
    budget(stage, "web", 3)
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.rows == ("shop/web wants 3 of 3 pods healthy: it never lets one go",)
    assert CHECK.look(stage.clients, Params(except_namespaces=("shop",))).holds


def test_a_budget_without_pods_stops_nobody(stage):
    budget(stage, "web", 1, expected=0)
    assert CHECK.look(stage.clients, Params()).holds


def test_pods_with_two_budgets_are_told_once_for_their_owner(stage):
    stage.cluster.create("deployments", deployment("web", 3))
    stage.run()
    budget(stage, "one", 2)
    budget(stage, "two", 2)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    (row,) = verdict.rows
    assert row.startswith("shop/web-")
    assert row.endswith("has pods with 2 budgets: one, two")
