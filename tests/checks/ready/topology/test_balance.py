from __future__ import annotations

from sopctl.checks.ready.topology.balance import CHECK, Params


def test_as_many_everywhere_hold_and_half_as_many_again_do_not(stage):
    assert CHECK.look(stage.clients, Params()).holds
    stage.cluster.delete("nodes", "a0")
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.detail == "the fullest zone has 2 nodes, the emptiest 1"


def test_a_single_zone_is_not_balanced_with_anything(stage):
    for name in ("b0", "b1", "c0", "c1"):
        stage.cluster.delete("nodes", name)
    assert not CHECK.look(stage.clients, Params()).applies
