from __future__ import annotations

from sopctl.checks.ready.spot.allocation import CHECK, Params
from tests.fakes.balancers import aws

SPOT = {"OnDemandBaseCapacity": 0, "OnDemandPercentageAboveBaseCapacity": 0}


def _buys(stage, name, **distribution):
    policy = {"InstancesDistribution": SPOT | distribution}
    given = {"AutoScalingGroupName": name, "MixedInstancesPolicy": policy}
    aws(stage.local, "autoscaling", "update_auto_scaling_group", **given)


def test_a_strategy_that_looks_at_capacity_holds(stage):
    stage.local.autoscaler()
    stage.local.group("plain", "us-east-1a")
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.group("spot", "us-east-1a", spot=True)
    _buys(stage, "spot", SpotAllocationStrategy="price-capacity-optimized")
    assert CHECK.look(stage.clients, Params()).holds
    _buys(stage, "spot", SpotAllocationStrategy="lowest-price")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("spot has lowest-price",)
