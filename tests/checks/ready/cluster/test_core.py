from __future__ import annotations

from sopctl.checks.ready.cluster.core import CHECK, Params
from tests.checks.ready.placing import put, spot
from tests.fakes.workloads import deployment, pod_spec

SHOP = Params(namespaces=("shop",))


def test_two_replicas_in_two_zones_with_a_priority_hold(stage):
    assert not CHECK.look(stage.clients, SHOP).applies
    first = pod_spec(priorityClassName="system-cluster-critical")
    stage.cluster.create("deployments", deployment("dns", 2, first))
    put(stage, "dns-1", "a0", "dns")
    put(stage, "dns-2", "b0", "dns")
    assert CHECK.look(stage.clients, SHOP).holds
    spot(stage, "a0", "b0")
    verdict = CHECK.look(stage.clients, SHOP)
    assert not verdict.holds
    assert verdict.rows == ("shop/dns runs on spot nodes only",)


def test_one_replica_and_one_zone_are_named(stage):
    stage.cluster.create("deployments", deployment("alone", 1))
    stage.cluster.create("deployments", deployment("near", 2))
    put(stage, "near-1", "a0", "near")
    put(stage, "near-2", "a1", "near")
    verdict = CHECK.look(stage.clients, SHOP)
    assert verdict.detail == "2 of 2 system workloads would not survive a zone"
    assert verdict.rows == (
        "shop/alone has one replica",
        "shop/alone has no priority class",
        "shop/near has its ready replicas in one zone",
        "shop/near has no priority class",
    )
