from __future__ import annotations

from sopctl.checks.ready.spot.marked import CHECK, Params
from tests.checks.ready.placing import spot
from tests.fakes.workloads import node


def _nodes(stage, group, *names):
    for name, each in zip(names, stage.local.cloud.group(group).instances, strict=True):
        body = node(name, each.zone)
        body["spec"]["providerID"] = f"aws:///{each.zone}/{each.id}"
        stage.cluster.create("nodes", body)


def _taint(stage, name, key):
    made = stage.cluster.get("nodes", name)
    made["spec"]["taints"] = [{"key": key, "effect": "NoSchedule"}]
    stage.cluster.update("nodes", made)


def test_nodes_say_what_their_group_buys(stage):
    stage.local.autoscaler()
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.group("spot", "us-east-1a", spot=True, desired=2)
    _nodes(stage, "spot", "d0", "d1")
    spot(stage, "d0")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == ("spot buys spot, and its nodes say nothing, spot",)
    spot(stage, "d1")
    assert CHECK.look(stage.clients, Params()).holds


def test_a_group_on_demand_does_not_say_spot(stage):
    stage.local.autoscaler()
    stage.local.group("web", "us-east-1a", desired=1)
    _nodes(stage, "web", "d0")
    assert CHECK.look(stage.clients, Params()).holds
    spot(stage, "d0")
    rows = CHECK.look(stage.clients, Params()).rows
    assert rows == ("web buys on demand, and its nodes say spot",)


def test_a_taint_on_some_nodes_is_named_unless_it_passes(stage):
    stage.local.autoscaler()
    stage.local.group("web", "us-east-1a", desired=2)
    _nodes(stage, "web", "d0", "d1")
    _taint(stage, "d0", "node.kubernetes.io/unreachable")
    assert CHECK.look(stage.clients, Params()).holds
    _taint(stage, "d0", "dedicated")
    verdict = CHECK.look(stage.clients, Params())
    assert verdict.rows == ("web has nodes with and without the taint dedicated",)
