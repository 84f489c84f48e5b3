from __future__ import annotations

from sopctl.checks.ready.autoscaler.version import CHECK, Params


def test_one_minor_version_apart_holds_and_two_do_not(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.autoscaler()
    _, minor = stage.clients.facts.server_version()
    assert CHECK.look(stage.clients, Params(apart=abs(36 - minor))).holds
    made = stage.cluster.get("deployments", "cluster-autoscaler", "kube-system")
    image = f"registry.k8s.io/autoscaling/cluster-autoscaler:v1.{minor - 2}.0"
    made["spec"]["template"]["spec"]["containers"][0]["image"] = image
    stage.cluster.update("deployments", made)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    row = f"kube-system/cluster-autoscaler is of 1.{minor - 2}.0, the cluster of 1.{minor}"
    assert verdict.rows == (row,)
