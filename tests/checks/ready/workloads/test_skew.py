from __future__ import annotations

from sopctl.checks.ready.workloads.skew import CHECK, Params
from tests.checks.ready.placing import put
from tests.fakes.workloads import deployment


def test_a_zone_with_more_than_its_share_and_one_is_named(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    stage.cluster.create("deployments", deployment("web", 3))
    put(stage, "web-1", "a0", "web")
    put(stage, "web-2", "a1", "web")
    put(stage, "web-3", "b0", "web")
    assert CHECK.look(stage.clients, Params()).holds
    stage.cluster.delete("pods", "web-3", "shop")
    put(stage, "web-4", "a0", "web")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("shop/web has 3 of 3 in us-east-1a",)
