from __future__ import annotations

from sopctl.checks.ready.autoscaler.rebalancing import CHECK, Params
from tests.fakes.balancers import aws


def test_a_group_over_zones_that_rebalances_is_named_until_it_is_suspended(stage):
    stage.local.autoscaler()
    stage.local.group("a", "us-east-1a")
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.group("all", "us-east-1a", "us-east-1b")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("all is over 2 zones, and rebalances them",)
    given = {"AutoScalingGroupName": "all", "ScalingProcesses": ["AZRebalance"]}
    aws(stage.local, "autoscaling", "suspend_processes", **given)
    assert CHECK.look(stage.clients, Params()).holds
