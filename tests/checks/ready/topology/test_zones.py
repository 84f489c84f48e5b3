from __future__ import annotations

from sopctl.checks.ready.topology.zones import CHECK, Params
from tests.actions.k8s.stage import silence


def test_three_zones_with_ready_nodes_hold_and_two_do_not(stage):
    assert CHECK.look(stage.clients, Params()).holds
    silence(stage, "a0", "a1")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.detail == "ready nodes are in 2 zones"
