"""The seeded world on the real cloud and cluster: it is at rest, and as large as promised."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import NamedTuple

import pytest
import yaml

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.fleet import Group
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.scenario import loader
from sopctl.sandbox.scenario.inhabitants import Group as InhabitedGroup
from sopctl.sandbox.world.clock import WorldClock
from sopctl.sandbox.world.conditions import holds
from sopctl.sandbox.world.machines.node import node_labels
from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.seed import small, workloads
from sopctl.sandbox.world.seed.plant import plant
from sopctl.sandbox.world.selectors import matches
from sopctl.sandbox.world.world import World
from tests.fakes.worlds import ENABLED, OWNED

A = "us-east-1a"


class Portrait(NamedTuple):
    """The seeded world as values: moto's state is global, so the cloud itself may be gone."""

    cluster: Cluster
    groups: list[Group]

    def zone_of(self, pod: Obj) -> str:
        return zone_of(self.cluster, pod)


def zone_of(cluster: Cluster, pod: Obj) -> str:
    node = cluster.get("nodes", pod["spec"].get("nodeName") or "")
    return str(node["metadata"]["labels"][ZONE]) if node else ""


def new_world() -> tuple[Cluster, Cloud, WorldClock, World]:
    clock = WorldClock(datetime(2026, 11, 1, 3, 0, tzinfo=UTC), rate=0)
    cluster, cloud = Cluster(clock.now), Cloud(clock.now)
    world = World(cluster, cloud, clock)
    world.seed()
    return cluster, cloud, clock, world


def run(clock: WorldClock, world: World, seconds: int, step: int = 5) -> None:
    for _ in range(seconds // step):
        clock.advance(step)
        world.settle()


def assert_rest_is_cheap(world: World) -> None:
    """A round that finds nothing new, at the same moment, asks no controller."""
    asked = []
    for part in world._parts:
        reconcile = part._controller.reconcile

        def counting(*given, reconcile=reconcile):
            asked.append(reconcile)
            return reconcile(*given)

        part._controller = SimpleNamespace(reconcile=counting)
    for _ in range(10):
        world.tick()
    assert asked == []


@pytest.fixture(scope="module")
def seeded() -> Portrait:
    cluster, cloud, _, _ = new_world()
    return Portrait(cluster, cloud.groups())


def is_hard_zone(constraint: Obj) -> bool:
    return constraint["topologyKey"] == ZONE and constraint["whenUnsatisfiable"] == "DoNotSchedule"


def by_zone(nodes: list[Obj]) -> Counter[str]:
    return Counter(str(node["metadata"]["labels"][ZONE]) for node in nodes)


def test_the_world_is_seeded_large_settled_and_balanced(seeded: Portrait):
    cluster = seeded.cluster
    nodes, pods = cluster.list("nodes"), cluster.list("pods")

    assert by_zone(nodes) == {
        A: 13,
        "us-east-1b": 13,
        "us-east-1c": 14,
    }
    assert all(holds(each, "Ready") for each in (*nodes, *pods))
    workloads = ("deployments", "statefulsets", "daemonsets", "jobs")
    assert sum(len(cluster.list(each)) for each in workloads) == 60
    assert 230 <= len(pods) <= 290
    assert len(cluster.list("horizontalpodautoscalers")) >= 18
    assert len(cluster.list("poddisruptionbudgets")) >= 45

    for owner in (*cluster.list("deployments"), *cluster.list("statefulsets")):
        spec = owner["spec"]["template"]["spec"]
        if not any(map(is_hard_zone, spec.get("topologySpreadConstraints") or ())):
            continue
        counts = Counter(dict.fromkeys((A, "us-east-1b", "us-east-1c"), 0))
        counts.update(
            seeded.zone_of(pod)
            for pod in cluster.list("pods", owner["metadata"]["namespace"])
            if matches(owner["spec"]["selector"], pod["metadata"]["labels"])
        )
        assert max(counts.values()) - min(counts.values()) <= 1, owner["metadata"]


def test_the_workloads_are_as_different_as_real_ones(seeded: Portrait):
    specs = [
        each["spec"]["template"]["spec"].get("topologySpreadConstraints") or []
        for each in seeded.cluster.list("deployments")
    ]
    assert sum(any("minDomains" in c for c in spec) for spec in specs) >= 3
    assert sum(any(c.get("nodeTaintsPolicy") == "Honor" for c in spec) for spec in specs) >= 2
    both = [s for s in specs if len({c["topologyKey"] for c in s}) < len(s)]
    assert len(both) >= 3
    budgets = seeded.cluster.list("poddisruptionbudgets")
    lenient = [b for b in budgets if b["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow"]
    assert len(lenient) == 1
    autoscalers = seeded.cluster.list("horizontalpodautoscalers")
    chosen = Counter(
        a["spec"].get("behavior", {}).get("scaleDown", {}).get("selectPolicy", "absent")
        for a in autoscalers
    )
    assert {"absent", "Max", "Min", "Disabled"} <= set(chosen)
    workloads = loader.default().world.workloads
    names = [(namespace, row.name) for namespace, rows in workloads.items() for row in rows]
    assert len(names) == len(set(names))


def test_the_groups_differ_in_what_a_roll_back_has_to_restore(seeded: Portrait):
    groups = seeded.groups

    assert sum(len(group.instances) for group in groups) == 40
    zonal = Counter(group.zones[0] for group in groups if len(group.zones) == 1)
    assert min(zonal.values()) >= 3
    assert [group.name for group in groups if len(group.zones) == 3] == ["infra-od-multi"]
    assert [group.name for group in groups if ENABLED not in group.tags] == ["legacy-static"]
    assert all(group.tags[OWNED] == ("owned", False) for group in groups)
    values = {group.tags[ENABLED] for group in groups if ENABLED in group.tags}
    assert {value for value, _ in values} == {"true", "owned", "1", ""}
    assert {propagate for _, propagate in values} == {True, False}


def test_the_autoscaler_runs_and_finds_nothing_to_do():
    cluster, cloud, clock, world = new_world()
    before = {group.name: group.desired for group in cloud.groups()}
    dump = cluster.dump()

    run(clock, world, 720, step=10)

    assert {group.name: group.desired for group in cloud.groups()} == before
    found = cluster.get("configmaps", "cluster-autoscaler-status", "kube-system")
    assert found is not None
    status = yaml.safe_load(found["data"]["status"])
    assert len(status["nodeGroups"]) == 10
    assert status["clusterWide"]["scaleDown"]["status"] == "NoCandidates"
    after = cluster.dump()
    changed = {resource for resource in after if after[resource] != dump.get(resource)}
    assert changed <= {"configmaps", "leases", "events"}
    assert_rest_is_cheap(world)


def test_a_failed_zone_and_its_return():
    cluster, cloud, clock, world = new_world()
    world.fail_zone(A)
    run(clock, world, 180, step=10)
    assert_rest_is_cheap(world)

    silent = [node for node in cluster.list("nodes") if not holds(node, "Ready")]
    assert by_zone(silent) == {A: 13}
    pods = cluster.list("pods")
    lost = [pod for pod in pods if not holds(pod, "Ready") and pod["spec"].get("nodeName")]
    assert {zone_of(cluster, pod) for pod in lost} == {A}
    assert not any("deletionTimestamp" in pod["metadata"] for pod in pods)
    instances = [each for group in cloud.groups() for each in group.instances]
    # The groups want to replace what is unhealthy, and cannot.
    assert {each.state for each in instances if each.zone == A} == {"Terminating"}

    began = {node["metadata"]["name"] for node in cluster.list("nodes")}
    world.heal_zone(A)
    run(clock, world, 160, step=10)
    # What was lost is back; the autoscaler packs on meanwhile, and may wait for a node to join.
    old = [node for node in cluster.list("nodes") if node["metadata"]["name"] in began]
    assert all(holds(node, "Ready") for node in old)
    placed = [pod for pod in cluster.list("pods") if pod["spec"].get("nodeName")]
    assert all(holds(pod, "Ready") for pod in placed)
    assert len(cluster.list("pods")) - len(placed) <= 2
    run(clock, world, 200, step=10)
    assert all(holds(node, "Ready") for node in cluster.list("nodes"))
    assert all(holds(pod, "Ready") for pod in cluster.list("pods"))


def test_a_service_names_the_load_balancer_that_its_requests_come_through():
    found = {
        obj["metadata"]["name"]: obj
        for resource, obj in workloads.objects(small.world())
        if resource == "services"
    }
    assert found["web"]["metadata"]["annotations"] == {"sandbox.sopctl.io/load-balancer": "shop"}
    assert "annotations" not in found["cart"]["metadata"]


def test_a_managed_group_is_one_of_eks_and_calls_are_throttled_if_a_world_says_so():
    pool = InhabitedGroup(name="pool", zones=("us-east-1a",), max=3, desired=1, managed=True)
    shape = small.world().model_copy(update={"groups": (pool,), "throttled": True})
    clock = WorldClock(datetime(2026, 11, 1, 3, 0, tzinfo=UTC), rate=0)
    cloud = Cloud(clock.now)
    plant(Cluster(clock.now), cloud, shape)
    assert set(cloud.eks.nodegroups) == {"pool"}
    (group,) = cloud.groups()
    labels = node_labels(group, "us-east-1a", "m5.xlarge")
    assert labels["eks.amazonaws.com/nodegroup"] == "pool"
    assert labels["eks.amazonaws.com/capacityType"] == "ON_DEMAND"
    assert cloud.throttle._limits
