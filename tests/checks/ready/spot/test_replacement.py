from __future__ import annotations

from sopctl.checks.ready.spot.replacement import CHECK, Params
from tests.fakes.balancers import aws
from tests.fakes.handlers import deployed


def test_replacing_needs_somebody_who_drains(stage):
    stage.local.autoscaler()
    stage.local.group("spot", "us-east-1a", spot=True)
    assert not CHECK.look(stage.clients, Params()).applies
    given = {"AutoScalingGroupName": "spot", "CapacityRebalance": True}
    aws(stage.local, "autoscaling", "update_auto_scaling_group", **given)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("spot replaces instances at risk",)
    stage.cluster.create("deployments", deployed("https://queue"))
    assert CHECK.look(stage.clients, Params()).holds
