from __future__ import annotations

from sopctl.checks.ready.spot.once import CHECK, Params
from tests.checks.ready.placing import label, put, spot
from tests.fakes.handlers import deployed, on_each_node


def test_two_that_drain_a_node_are_named(stage):
    spot(stage, "a0", "b0")
    assert not CHECK.look(stage.clients, Params()).applies
    stage.cluster.create("daemonsets", on_each_node())
    put(stage, "handler-a0", "a0", "handler")
    put(stage, "handler-b0", "b0", "handler")
    assert CHECK.look(stage.clients, Params()).holds
    label(stage, "a0", **{"eks.amazonaws.com/nodegroup": "workers"})
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("EKS and shop/handler drain 1 nodes",)
    stage.cluster.create("deployments", deployed("https://queue"))
    assert CHECK.look(stage.clients, Params()).detail == "2 of 2 spot nodes are drained by two"
