from __future__ import annotations

import pytest

from sopctl.checks.k8s.zone_used import CHECK, Params
from sopctl.sandbox.aws.front import FaultRule


def test_a_zone_with_nodes_is_used(stage):
    verdict = CHECK.look(stage.clients, Params(zone="us-east-1a"))
    assert verdict.holds
    assert (verdict.detail, verdict.rows) == ("2 nodes are in us-east-1a", ())


@pytest.mark.parametrize("zone", ["us-east-1d", "use1-az4"])
def test_a_zone_in_which_the_cluster_has_nothing_is_not_and_the_others_are_named(stage, zone):
    verdict = CHECK.look(stage.clients, Params(zone=zone))
    assert not verdict.holds
    assert verdict.detail == "no node and no group of this cluster is in us-east-1d"
    assert verdict.rows == tuple(f"us-east-1{letter} has 2 nodes" for letter in "abc")


def test_a_zone_that_does_not_exist_is_not(stage):
    verdict = CHECK.look(stage.clients, Params(zone="us-east-1z"))
    assert not verdict.holds
    assert "there is no zone 'us-east-1z'" in verdict.detail


def test_a_zone_that_lost_its_nodes_is_used_as_long_as_groups_launch_there(stage):
    stage.local.autoscaler()
    stage.local.group("web-d", "us-east-1d", desired=0, max=4)
    verdict = CHECK.look(stage.clients, Params(zone="us-east-1d"))
    assert verdict.holds
    assert verdict.detail == "no node is in us-east-1d now, but 1 groups launch there"


def test_the_labels_of_nodes_are_enough_while_aws_does_not_answer(stage):
    for service in ("ec2", "autoscaling"):
        fault = FaultRule(service=service, operation="*", kind="throttle", count=99)
        stage.local.front.faults.append(fault)
    assert CHECK.look(stage.clients, Params(zone="us-east-1a")).holds
    verdict = CHECK.look(stage.clients, Params(zone="us-east-1d"))
    assert not verdict.holds
    assert verdict.detail.startswith("no node of this cluster is in us-east-1d, and nothing else")
