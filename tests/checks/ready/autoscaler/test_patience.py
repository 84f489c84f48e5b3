from __future__ import annotations

from sopctl.checks.ready.autoscaler.patience import CHECK, Params
from tests.checks.ready.placing import flagged


def test_a_third_of_the_nodes_and_its_default_of_time_hold(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    stage.local.autoscaler()
    assert CHECK.look(stage.clients, Params()).holds


def test_half_an_hour_is_too_long(stage):
    stage.local.autoscaler(*flagged("--max-node-provision-time=30m0s"))
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    row = "cluster-autoscaler waits 30m0s for a node (--max-node-provision-time)"
    assert verdict.rows == (row,)


def test_a_zone_with_more_than_the_limit_halts_it(stage):
    stage.local.autoscaler(*flagged("--ok-total-unready-count=1"))
    for name in ("b0", "b1", "c0"):
        stage.cluster.delete("nodes", name)
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    row = "cluster-autoscaler halts above 45 % unready, and one zone has 67 %"
    assert verdict.rows == (row,)
