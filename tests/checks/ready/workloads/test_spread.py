from __future__ import annotations

from sopctl.checks.ready.workloads.spread import CHECK, Params
from tests.fakes.workloads import ZONE_KEY, deployment, pod_spec, spread


def test_what_says_nothing_about_zones_or_asks_for_all_of_them_is_named(stage):
    assert not CHECK.look(stage.clients, Params()).applies
    zonal = pod_spec(topologySpreadConstraints=[spread("web")])
    term = {"topologyKey": ZONE_KEY, "labelSelector": {"matchLabels": {"app": "apart"}}}
    rules = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    apart = pod_spec(affinity={"podAntiAffinity": rules})
    stage.cluster.create("deployments", deployment("web", 2, zonal))
    stage.cluster.create("deployments", deployment("apart", 2, apart))
    stage.cluster.create("deployments", deployment("alone", 1))
    assert CHECK.look(stage.clients, Params()).holds
    every = pod_spec(topologySpreadConstraints=[spread("every", minDomains=3)])
    stage.cluster.create("deployments", deployment("every", 3, every))
    stage.cluster.create("deployments", deployment("silent", 2))
    verdict = CHECK.look(stage.clients, Params())
    assert not verdict.holds
    assert verdict.rows == (
        "shop/every asks for 3 zones (minDomains), and there are 3",
        "shop/silent says nothing about zones",
    )
