from __future__ import annotations

from sopctl.checks.ready.traffic.targets import CHECK, Params
from tests.fakes.balancers import serving
from tests.fakes.workloads import node


def _nodes(stage, name):
    for number, each in enumerate(stage.local.cloud.group(name).instances):
        body = node(f"{name}-{number}", each.zone)
        body["spec"]["providerID"] = f"aws:///{each.zone}/{each.id}"
        stage.cluster.create("nodes", body)


def test_targets_in_two_zones_hold_and_in_one_do_not(stage):
    stage.local.autoscaler()
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.group("both", "us-east-1a", "us-east-1b")
    serving(stage.local, "shop", "both")
    _nodes(stage, "both")
    assert CHECK.look(stage.clients, Params()).holds
    stage.local.group("one", "us-east-1c")
    serving(stage.local, "batch", "one")
    _nodes(stage, "one")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("target group batch has healthy targets in us-east-1c",)


def test_targets_that_are_not_healthy_yet_do_not_count(stage):
    stage.local.autoscaler()
    stage.local.group("both", "us-east-1a", "us-east-1b")
    serving(stage.local, "shop", "both", seconds=10)
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.rows == ("target group shop has healthy targets in no zone",)
