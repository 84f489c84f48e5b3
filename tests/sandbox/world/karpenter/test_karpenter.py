"""Karpenter in a small world: what it launches, what it leaves alone, and what it replaces.

Rules: karpenter.sh, "NodePools", "Scheduling" and "Disruption" (v1.14); kubernetes-sigs/karpenter.
"""

from __future__ import annotations

from collections import Counter

import pytest

from sopctl.sandbox.k8s.errors import ApiError
from sopctl.sandbox.scenario.inhabitants import NodePool
from sopctl.sandbox.world.seed import karpenter as seed
from tests.fakes.workloads import ZONE_KEY, deployment, pod_spec, spread
from tests.fakes.worlds import SmallWorld

A, B, C = "us-east-1a", "us-east-1b", "us-east-1c"
POOLS, CLAIMS = "nodepools.karpenter.sh", "nodeclaims.karpenter.sh"
ONLY = {"karpenter.sh/nodepool": "general"}


def karpenter(*pools: NodePool, shifts: bool = False) -> SmallWorld:
    """Six nodes of groups, on which Karpenter runs, and the pools."""
    world = SmallWorld()
    for resource, obj in (*seed.definitions(), ("deployments", seed.controller(shifts=shifts))):
        world.cluster.create(resource, obj)
    for each in pools or (NodePool(name="general"),):
        world.cluster.create(POOLS, seed.nodepool(each))
    world.run(30)
    return world


def ask(world, app, replicas, *, cpu="3", selector=ONLY, seconds=120, **spec):
    made = deployment(app, replicas, pod_spec(cpu, nodeSelector=dict(selector), **spec))
    world.cluster.create("deployments", made)
    world.run(seconds)


def claims(world):
    return world.cluster.list(CLAIMS)


def labels(world, key):
    return Counter(each["metadata"]["labels"][key] for each in claims(world))


def change(world, spec, name="general"):
    world.cluster.patch(POOLS, name, {"spec": spec})


def without(zone):
    """Requirements that exclude a zone, as a runbook writes them."""
    return {
        "template": {
            "spec": {
                "requirements": [
                    {
                        "key": "karpenter.sh/capacity-type",
                        "operator": "In",
                        "values": ["on-demand"],
                    },
                    {"key": ZONE_KEY, "operator": "NotIn", "values": [zone]},
                ]
            }
        }
    }


def running(world, app):
    return sum(each["status"].get("phase") == "Running" for each in world.pods(app))


def test_a_node_is_launched_for_pods_that_no_node_takes():
    world = karpenter()
    ask(world, "web", 2)
    assert running(world, "web") == 2
    assert len(claims(world)) == 2
    names = {each["status"]["nodeName"] for each in claims(world)}
    nodes = [world.cluster.get("nodes", name) for name in names]
    assert all(node["metadata"]["labels"]["karpenter.sh/nodepool"] == "general" for node in nodes)
    assert {node["metadata"]["labels"]["karpenter.sh/capacity-type"] for node in nodes} == {
        "on-demand"
    }


def test_pods_that_fit_on_one_node_get_one_node():
    world = karpenter()
    ask(world, "web", 3, cpu="1")
    assert running(world, "web") == 3
    assert len(claims(world)) == 1


def test_a_limit_keeps_new_nodes_away_and_touches_none_that_is_there():
    world = karpenter()
    ask(world, "web", 1)
    change(world, {"limits": {"cpu": "0"}})
    ask(world, "more", 1)
    assert (running(world, "web"), running(world, "more")) == (1, 0)
    assert len(claims(world)) == 1


def test_the_heaviest_pool_is_asked_first_and_spot_before_on_demand():
    light = NodePool(name="light", weight=1)
    heavy = NodePool(name="heavy", weight=9, buys=("on-demand", "spot"))
    world = karpenter(light, heavy)
    ask(world, "web", 1, selector={})
    ask(world, "big", 1, cpu="3500m", selector={"karpenter.sh/nodepool": "heavy"})
    assert labels(world, "karpenter.sh/nodepool") == {"heavy": 1}
    assert labels(world, "karpenter.sh/capacity-type") == {"spot": 1}


def test_what_was_refused_is_not_asked_for_again_for_three_minutes():
    world = karpenter(NodePool(name="general", buys=("spot", "on-demand")))
    world.cloud.sold_out = {(zone, "spot") for zone in (A, B, C)}
    ask(world, "web", 1)
    assert labels(world, "karpenter.sh/capacity-type") == {"on-demand": 1}
    world.cloud.sold_out.clear()
    ask(world, "soon", 1, seconds=30)
    assert labels(world, "karpenter.sh/capacity-type") == {"on-demand": 2}
    world.run(180)
    ask(world, "later", 1)
    assert labels(world, "karpenter.sh/capacity-type") == {"on-demand": 2, "spot": 1}


def test_hard_spread_is_launched_for():
    world = karpenter()
    ask(world, "web", 3, topologySpreadConstraints=[spread("web")])
    assert labels(world, ZONE_KEY) == {A: 1, B: 1, C: 1}


def test_soft_spread_counts_as_hard_while_it_can_be_had():
    """PREFERENCE_POLICY=Respect, the default: relaxing spread does not keep it from a zone."""
    world = karpenter()
    soft = spread("web", whenUnsatisfiable="ScheduleAnyway")
    ask(world, "web", 3, topologySpreadConstraints=[soft])
    assert labels(world, ZONE_KEY) == {A: 1, B: 1, C: 1}


def test_a_changed_requirement_drifts_nodes_which_are_replaced_elsewhere():
    """The trap: in the middle of an incident this moves every pod of the zone."""
    world = karpenter(NodePool(name="general", budget="100%"))
    ask(world, "web", 3, topologySpreadConstraints=[spread("web")])
    before = {each["metadata"]["name"] for each in claims(world)}
    change(world, without(A))
    world.run(20)
    conditions = [
        each
        for claim in claims(world)
        for each in claim["status"].get("conditions", ())
        if each["type"] == "Drifted"
    ]
    assert len(conditions) == 1
    world.run(200)
    left = {each["metadata"]["name"] for each in claims(world)} & before
    assert len(left) == 2
    assert A not in labels(world, ZONE_KEY)


def test_budgets_of_nothing_keep_drifted_nodes_and_the_condition_goes_with_the_requirement():
    world = karpenter(NodePool(name="general", budget="0"))
    ask(world, "web", 3, topologySpreadConstraints=[spread("web")])
    before = {each["metadata"]["name"] for each in claims(world)}
    old = world.cluster.get(POOLS, "general")["spec"]["template"]
    change(world, without(A))
    world.run(120)
    assert {each["metadata"]["name"] for each in claims(world)} == before
    change(world, {"template": {"spec": {"requirements": old["spec"]["requirements"]}}})
    world.run(20)
    types = [e["type"] for claim in claims(world) for e in claim["status"]["conditions"]]
    assert "Drifted" not in types


def test_limits_weight_and_disruption_drift_nothing():
    world = karpenter(NodePool(name="general", budget="100%"))
    ask(world, "web", 1)
    change(world, {"limits": {"cpu": "1"}, "weight": 5, "disruption": {"consolidateAfter": "5m"}})
    world.run(60)
    types = [e["type"] for claim in claims(world) for e in claim["status"]["conditions"]]
    assert types == ["Ready"]


@pytest.mark.parametrize(("budget", "left"), [("100%", 0), ("0", 1)])
def test_an_empty_node_goes_within_the_budget(budget, left):
    world = karpenter(NodePool(name="general", budget=budget, consolidate_after="30s"))
    ask(world, "web", 1)
    world.cluster.patch("deployments", "web", {"spec": {"replicas": 0}}, "shop")
    world.run(120)
    assert len(claims(world)) == left
    assert len(world.cloud.loose()) == left


def test_never_is_never():
    world = karpenter(NodePool(name="general", budget="100%", consolidate_after="Never"))
    ask(world, "web", 1)
    world.cluster.patch("deployments", "web", {"spec": {"replicas": 0}}, "shop")
    world.run(300)
    assert len(claims(world)) == 1


def test_what_must_not_be_disrupted_is_not():
    world = karpenter(NodePool(name="general", budget="100%"))
    ask(world, "web", 1)
    (pod,) = world.pods("web")
    held = {"metadata": {"annotations": {"karpenter.sh/do-not-disrupt": "true"}}}
    world.cluster.patch("pods", pod["metadata"]["name"], held, "shop")
    zone = next(iter(labels(world, ZONE_KEY)))
    change(world, without(zone))
    world.run(120)
    assert labels(world, ZONE_KEY) == {zone: 1}


def test_a_deleted_claim_is_drained_and_its_instance_ended_whatever_the_budget():
    world = karpenter(NodePool(name="general", budget="0"))
    ask(world, "web", 1)
    (claim,) = claims(world)
    world.cluster.delete(CLAIMS, claim["metadata"]["name"])
    world.run(150)
    assert world.cluster.get("nodes", claim["status"]["nodeName"]) is None
    assert len(world.cloud.terminated) == 1
    assert running(world, "web") == 1


def test_a_shifted_cluster_gets_no_node_in_the_zone_where_karpenter_is_told_to_look():
    world = karpenter(shifts=True)
    arn = "arn:aws:eks:us-east-1:123456789012:cluster/sandbox"
    world.cloud.shift(arn, A)
    ask(world, "web", 4)
    assert A not in labels(world, ZONE_KEY)
    reasons = {each["reason"] for each in world.cluster.list("events")}
    assert "ZonalShiftActive" in reasons
    blind = karpenter()
    blind.cloud.shift(arn, A)
    ask(blind, "web", 4)
    assert A in labels(blind, ZONE_KEY)


def test_without_a_pod_of_karpenter_nothing_happens():
    world = karpenter()
    world.cluster.patch("deployments", "karpenter", {"spec": {"replicas": 0}}, "kube-system")
    world.run(30)
    ask(world, "web", 1)
    assert claims(world) == []


@pytest.mark.parametrize(
    "spec",
    [
        {"disruption": {"budgets": [{"nodes": "many"}]}},
        {"disruption": {"budgets": [{"nodes": "0"}] * 51}},
        {"disruption": {"consolidateAfter": "soon"}},
        {"weight": 101},
    ],
)
def test_what_the_definitions_forbid_is_refused(spec):
    world = karpenter()
    with pytest.raises(ApiError):
        change(world, spec)


def test_of_auto_mode_eks_runs_it_and_labels_its_nodes():
    world = SmallWorld()
    for resource, obj in seed.definitions():
        world.cluster.create(resource, obj)
    pool = seed.nodepool(NodePool(name="general"), auto=True)
    world.cluster.create(POOLS, pool)
    world.run(30)
    ask(world, "web", 1)
    (claim,) = claims(world)
    assert claim["metadata"]["labels"]["eks.amazonaws.com/compute-type"] == "auto"
    assert claim["spec"]["nodeClassRef"]["group"] == "eks.amazonaws.com"
    assert running(world, "web") == 1
