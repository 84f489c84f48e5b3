from __future__ import annotations

from sopctl.checks.ready.traffic.shift import CHECK, Params
from sopctl.sandbox.aws.fleet import BalancerSpec


def test_what_cannot_be_shifted_is_named(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.autoscaler()
    zones = ("us-east-1a", "us-east-1b")
    for name, enabled in (("front", True), ("intern", False)):
        spec = BalancerSpec(name=name, kind="application", zones=zones, zonal_shift=enabled)
        stage.local.cloud.create_balancer(spec)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.detail == "1 of 3 can be shifted away from a zone"
    assert verdict.rows == (
        "load balancer intern cannot be shifted",
        "cluster sandbox cannot be shifted",
    )


def test_a_cluster_that_can_be_shifted_is_enough_where_there_is_no_balancer(stage):
    stage.local.autoscaler()
    stage.local.cloud.let_shift_cluster()
    assert CHECK.look(stage.clients, Params()).holds
