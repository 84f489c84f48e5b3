from __future__ import annotations

from sopctl.checks.ready.topology.spanning import CHECK, Params
from sopctl.sandbox.aws.fleet import GroupSpec


def test_a_group_over_zones_is_named(stage):
    stage.local.autoscaler()
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.group("a", "us-east-1a")
    assert CHECK.look(stage.clients, Params()).holds
    stage.local.group("all", "us-east-1a", "us-east-1b")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("all is over us-east-1a, us-east-1b",)


def test_a_managed_one_is_enough_if_the_cluster_can_be_shifted(stage):
    stage.local.autoscaler()
    zones = ("us-east-1a", "us-east-1b")
    spec = GroupSpec(name="workers", zones=zones, min=1, max=9, desired=2)
    stage.local.cloud.create_nodegroup(spec)
    assert not CHECK.look(stage.clients, Params()).holds
    stage.local.cloud.let_shift_cluster()
    assert CHECK.look(stage.clients, Params()).holds
