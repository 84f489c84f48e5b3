from __future__ import annotations

from sopctl.checks.k8s.spread_pending import CHECK, Params
from tests.fakes.workloads import deployment, pod_spec, spread


def test_a_world_at_rest_has_none(stage):
    stage.cluster.create("deployments", deployment("web", 3))
    stage.run()
    assert CHECK.look(stage.clients, Params()).holds


def test_pods_that_wait_are_counted_by_owner(stage):
    for name in ("a0", "a1"):
        stage.cluster.patch("nodes", name, {"spec": {"unschedulable": True}})
    web = pod_spec(topologySpreadConstraints=[spread("web")])
    stage.cluster.create("deployments", deployment("web", 9, web))
    stage.run()
    waiting = len(stage.pods("Pending"))
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.detail == f"{waiting} pods wait for a topology spread constraint"
    (row,) = verdict.rows
    assert row.startswith("shop/web-")
    assert row.endswith(f": {waiting} pods wait")
    assert CHECK.look(stage.clients, Params(except_namespaces=("shop",))).holds


def test_pods_that_wait_for_something_else_do_not_count(stage):
    stage.cluster.create("deployments", deployment("big", 1, pod_spec(cpu="64")))
    stage.run()
    assert stage.pods("Pending")
    assert CHECK.look(stage.clients, Params()).holds
