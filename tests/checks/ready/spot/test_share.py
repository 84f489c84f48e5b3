from __future__ import annotations

from sopctl.checks.ready.spot.share import CHECK, Params
from tests.checks.ready.placing import put, spot
from tests.fakes.workloads import deployment


def test_one_pod_on_demand_is_enough_and_none_is_not(stage):
    stage.cluster.create("deployments", deployment("web", 2))
    assert not CHECK.look(stage.clients, Params()).applies
    spot(stage, "a0")
    put(stage, "web-1", "a0", "web")
    put(stage, "web-2", "b0", "web")
    assert CHECK.look(stage.clients, Params()).holds
    spot(stage, "b0")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("shop/web has 2 of 2 pods on spot nodes",)


def test_more_than_the_share_is_too_much_whatever_the_floor(stage):
    stage.cluster.create("deployments", deployment("web", 3))
    spot(stage, "a0")
    put(stage, "web-1", "a0", "web")
    put(stage, "web-2", "a0", "web")
    put(stage, "web-3", "b0", "web")
    assert CHECK.look(stage.clients, Params()).holds
    assert not CHECK.look(stage.clients, Params(most=50)).holds
    assert not CHECK.look(stage.clients, Params(floor=2)).holds
