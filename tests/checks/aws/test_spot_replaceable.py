from __future__ import annotations

import pytest

from sopctl.checks.aws.spot_replaceable import CHECK, Params
from tests.actions.k8s.stage import staged
from tests.checks.ready.placing import label, put, spot


@pytest.fixture
def stage(tmp_path):
    """Spot nodes a0 and b0, of a group each, and room on demand."""
    with staged(tmp_path) as stage:
        stage.local.autoscaler()
        stage.local.group("od", "us-east-1c", desired=2, max=9)
        for name in ("a0", "a1", "b0", "b1", "c0", "c1"):
            label(stage, name, **{"node.kubernetes.io/instance-type": "m5.xlarge"})
        yield stage


def test_without_spot_there_is_nothing_to_replace(stage):
    assert not CHECK.look(stage.clients, Params()).applies


def test_what_on_demand_takes_can_be_replaced(stage):
    spot(stage, "a0", "b0")
    put(stage, "web-1", "a0", "web")
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.holds
    assert verdict.detail == "2 nodes are spot, and can be replaced on demand"


def test_what_no_node_on_demand_takes_is_named_once(stage):
    spot(stage, "a0", "b0")
    for number in range(2):
        put(stage, f"web-{number}", "a0", "web", nodeSelector={"lifecycle": "spot"})
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows[0] == "no node on demand takes shop/web-0"


def test_groups_that_may_not_grow_and_a_quota_are_named(stage):
    spot(stage, "a0", "b0")
    stage.local.cloud.set_quota("on-demand", 8)
    given = stage.local.world.aws._open()
    change = {"AutoScalingGroupName": "od", "MaxSize": 2}
    given.call("autoscaling", "update_auto_scaling_group", change)
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.rows == (
        "on-demand groups may grow by 0, and 2 spot instances would be replaced",
        "all on demand would be 24 vCPUs, and the quota allows 8",
    )


def test_of_one_zone_only_its_own_count(stage):
    spot(stage, "a0", "b0")
    assert CHECK.look(stage.clients, Params(zone="us-east-1a")).detail.startswith(
        "1 nodes are spot"
    )
