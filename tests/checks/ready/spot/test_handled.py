from __future__ import annotations

from sopctl.checks.ready.spot.handled import CHECK, Params
from tests.checks.ready.placing import label, put, spot
from tests.fakes.handlers import deployed, on_each_node


def test_every_spot_node_needs_somebody(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    spot(stage, "a0", "b0", "c0")
    label(stage, "a0", **{"eks.amazonaws.com/nodegroup": "workers"})
    label(stage, "b0", **{"karpenter.sh/nodepool": "general"})
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("nobody drains c0",)
    stage.cluster.create("daemonsets", on_each_node())
    put(stage, "handler-c0", "c0", "handler")
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.holds
    assert verdict.detail.endswith(": 1 by EKS, 1 by Karpenter, 1 by shop/handler")


def test_one_with_a_queue_is_enough_unless_it_wants_tags(stage):
    spot(stage, "a0")
    stage.cluster.create("deployments", deployed("https://queue", tagged=True))
    assert not CHECK.look(stage.clients, Params()).holds
    stage.cluster.delete("deployments", "queue-handler", "shop")
    stage.cluster.create("deployments", deployed("https://queue"))
    assert CHECK.look(stage.clients, Params()).holds
