"""EKS user guide, "Learn about ARC zonal shift in Amazon EKS"."""

from __future__ import annotations

from tests.fakes.workloads import deployment, pod_spec, spread
from tests.fakes.worlds import SmallWorld

A, B, C = "us-east-1a", "us-east-1b", "us-east-1c"
CLUSTER = "arn:aws:eks:us-east-1:123456789012:cluster/sandbox"


def shop(replicas: int = 6) -> SmallWorld:
    world = SmallWorld()
    spec = pod_spec(topologySpreadConstraints=[spread("web")])
    world.cluster.create("deployments", deployment("web", replicas, spec))
    made = {"metadata": {"name": "web", "namespace": "shop"}}
    world.cluster.create("services", {**made, "spec": {"selector": {"app": "web"}}})
    world.run(15)
    return world


def endpoint_zones(world: SmallWorld) -> set[str]:
    (found,) = world.cluster.list("endpointslices")
    return {each["zone"] for each in found["endpoints"]}


def cordoned(world: SmallWorld) -> set[str]:
    nodes = world.nodes()
    return {n["metadata"]["name"] for n in nodes if n["spec"].get("unschedulable")}


def test_a_shift_cordons_and_leaves_endpoints_out_and_evicts_nothing():
    world = shop()
    world.cloud.shift(CLUSTER, A)
    world.run(15)

    assert cordoned(world) == {n["metadata"]["name"] for n in world.nodes(A)}
    assert endpoint_zones(world) == {B, C}
    assert world.zones("web") == {A: 2, B: 2, C: 2}


def test_its_end_brings_back_only_what_it_took():
    world = shop()
    by_hand = world.nodes(A)[0]["metadata"]["name"]
    world.cluster.patch("nodes", by_hand, {"spec": {"unschedulable": True}})
    world.cloud.shift(CLUSTER, A)
    world.run(15)
    world.cloud.unshift(CLUSTER)
    world.run(15)

    assert cordoned(world) == {by_hand}
    assert endpoint_zones(world) == {A, B, C}


def test_a_service_that_lives_only_there_keeps_its_endpoints():
    world = shop(replicas=1)
    (zone,) = endpoint_zones(world)
    world.cloud.shift(CLUSTER, zone)
    world.run(15)

    assert endpoint_zones(world) == {zone}


def test_a_shift_of_something_else_leaves_the_cluster_alone():
    world = shop()
    world.cloud.shift("arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/web/1", A)
    world.run(15)

    assert cordoned(world) == set()
    assert endpoint_zones(world) == {A, B, C}
