from __future__ import annotations

import pytest

from sopctl.checks.k8s.nodes_ready import CHECK, Params


def lose(stage, *names):
    for name in names:
        node = stage.cluster.get("nodes", name)
        node["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]
        stage.cluster.update("nodes", node, subresource="status")


def test_a_zone_whose_nodes_all_answer_is_ready(stage):
    verdict = CHECK.look(stage.clients, Params(zone="us-east-1a"))
    assert verdict.holds
    assert verdict.detail == "2 of 2 nodes in us-east-1a are ready"


def test_a_node_that_does_not_answer_is_named(stage):
    lose(stage, "a1")
    verdict = CHECK.look(stage.clients, Params(zone="us-east-1a"))
    assert not verdict.holds
    assert verdict.rows == ("a1 is not ready",)


def test_other_zones_do_not_matter(stage):
    lose(stage, "b0", "b1")
    assert CHECK.look(stage.clients, Params(zone="us-east-1a")).holds
    assert not CHECK.look(stage.clients, Params()).holds


@pytest.mark.parametrize(("fraction", "holds"), [(0.5, True), (0.6, False)])
def test_a_fraction_may_do(stage, fraction, holds):
    lose(stage, "a1")
    verdict = CHECK.look(stage.clients, Params(zone="us-east-1a", fraction=fraction))
    assert verdict.holds is holds


def test_a_zone_without_nodes_is_not_ready(stage):
    for name in ("c0", "c1"):
        stage.cluster.delete("nodes", name)
    verdict = CHECK.look(stage.clients, Params(zone="us-east-1c"))
    assert not verdict.holds
    assert verdict.detail == "0 of 0 nodes in us-east-1c are ready"
