from __future__ import annotations

from sopctl.checks.ready.autoscaler.autoscaler import CHECK, Params


def test_one_replica_does_not_hold_and_two_that_are_ready_do(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.autoscaler()
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("kube-system/cluster-autoscaler has 0 of 1 replicas ready",)
    made = stage.cluster.get("deployments", "cluster-autoscaler", "kube-system")
    made["spec"]["replicas"] = 2
    made = stage.cluster.update("deployments", made)
    made["status"] = {"readyReplicas": 2, "replicas": 2}
    stage.cluster.update("deployments", made, subresource="status")
    assert CHECK.look(stage.clients, Params()).holds
