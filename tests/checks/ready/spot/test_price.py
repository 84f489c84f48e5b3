from __future__ import annotations

from sopctl.checks.ready.spot.price import CHECK, Params
from tests.fakes.balancers import aws

SPOT = {"OnDemandBaseCapacity": 0, "OnDemandPercentageAboveBaseCapacity": 0}


def test_a_highest_price_is_named(stage):
    stage.local.autoscaler()
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.group("spot", "us-east-1a", spot=True)
    assert CHECK.look(stage.clients, Params()).holds
    policy = {"InstancesDistribution": SPOT | {"SpotMaxPrice": "0.05"}}
    given = {"AutoScalingGroupName": "spot", "MixedInstancesPolicy": policy}
    aws(stage.local, "autoscaling", "update_auto_scaling_group", **given)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("spot pays 0.05 USD an hour at most",)
