"""Which node goes, when, and what keeps it: ten minutes of world time each."""

from __future__ import annotations

import pytest

from sopctl.sandbox.k8s.objects import Obj
from tests.fakes.autoscalers import ScalingWorld
from tests.fakes.workloads import deployment, pod, pod_spec

SOON = "--scale-down-unneeded-time=1m"
LONG_ENOUGH = 150


def lonely(*args: str, spec: Obj | None = None, **labels: str) -> tuple[ScalingWorld, Obj]:
    """A world with one pod of a workload, alone on its node; the other nodes are kept."""
    world = ScalingWorld(1, SOON, *args)
    made = deployment("web", 1, spec or pod_spec("500m"))
    made["spec"]["template"]["metadata"]["labels"] |= labels
    world.cluster.create("deployments", made)
    world.run(10)
    [guest] = world.pods("web")
    return world, guest


def keep_others(world: ScalingWorld, host: str) -> None:
    key = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
    for node in world.nodes():
        if node["metadata"]["name"] != host:
            patch = {"metadata": {"annotations": {key: "true"}}}
            world.cluster.patch("nodes", node["metadata"]["name"], patch)


def budget(world: ScalingWorld, **rule: object) -> None:
    spec = {"selector": {"matchLabels": {"app": "web"}}, **rule}
    made = {"metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
    world.cluster.create("poddisruptionbudgets", made)


def exists(world: ScalingWorld, host: str) -> bool:
    return world.cluster.get("nodes", host) is not None


def test_a_node_whose_pods_fit_elsewhere_is_drained_and_removed():
    world, guest = lonely()
    host = guest["spec"]["nodeName"]
    keep_others(world, host)
    world.run(LONG_ENOUGH)

    assert not exists(world, host)
    [moved] = world.pods("web")
    assert moved["metadata"]["uid"] != guest["metadata"]["uid"]
    assert moved["spec"]["nodeName"] != host
    assert sum(world.desired().values()) == 2
    assert any("removed with drain" in text for text in world.events("ScaleDown"))


def test_a_node_above_the_threshold_is_kept():
    world, guest = lonely("--scale-down-utilization-threshold=0.1")
    keep_others(world, guest["spec"]["nodeName"])
    world.run(LONG_ENOUGH)

    assert exists(world, guest["spec"]["nodeName"])


@pytest.mark.parametrize("rule", [{"maxUnavailable": 0}, {"minAvailable": 1}])
def test_a_budget_that_allows_nothing_keeps_a_node(rule):
    world, guest = lonely()
    budget(world, **rule)
    keep_others(world, guest["spec"]["nodeName"])
    world.run(LONG_ENOUGH)

    assert exists(world, guest["spec"]["nodeName"])


def test_a_bare_pod_keeps_its_node():
    world = ScalingWorld(1, SOON)
    world.cluster.create("pods", pod("bare"))
    world.run(10)
    host = world.cluster.get("pods", "bare", "shop")["spec"]["nodeName"]
    keep_others(world, host)
    world.run(LONG_ENOUGH)

    assert exists(world, host)


@pytest.mark.parametrize(("value", "kept"), [("false", True), ("true", False)])
def test_safe_to_evict_decides(value, kept):
    world = ScalingWorld(1, SOON, "--skip-nodes-with-local-storage=true")
    spec = pod_spec("500m", volumes=[{"name": "cache", "emptyDir": {}}])
    made = deployment("web", 1, spec)
    key = "cluster-autoscaler.kubernetes.io/safe-to-evict"
    made["spec"]["template"]["metadata"]["annotations"] = {key: value}
    world.cluster.create("deployments", made)
    world.run(10)
    host = world.pods("web")[0]["spec"]["nodeName"]
    keep_others(world, host)
    world.run(LONG_ENOUGH)

    assert exists(world, host) is kept


def test_local_storage_keeps_a_node_when_asked_to():
    spec = pod_spec("500m", volumes=[{"name": "cache", "emptyDir": {}}])
    world, guest = lonely("--skip-nodes-with-local-storage=true", spec=spec)
    keep_others(world, guest["spec"]["nodeName"])
    world.run(LONG_ENOUGH)

    assert exists(world, guest["spec"]["nodeName"])


def test_pods_that_fit_nowhere_else_keep_their_node():
    world, guest = lonely(spec=pod_spec("500m", nodeSelector={}))
    host = guest["spec"]["nodeName"]
    keep_others(world, host)
    for node in world.nodes():
        if node["metadata"]["name"] != host:
            patch = {"spec": {"unschedulable": True}}
            world.cluster.patch("nodes", node["metadata"]["name"], patch)
    world.run(LONG_ENOUGH)

    assert exists(world, host)


def test_a_group_is_not_taken_below_its_minimum():
    world = ScalingWorld(2, SOON)
    for name in ("pool-a", "pool-b", "pool-c"):
        world.cloud.set_bounds(name, 2, 6)
    world.run(75 + LONG_ENOUGH)

    assert world.desired() == {"a": 2, "b": 2, "c": 2}


def test_an_unready_node_is_removed_after_its_own_longer_time():
    world = ScalingWorld(2, "--scale-down-unready-time=5m", "--scale-down-unneeded-time=1h")
    dead = world.zone_without_leader()
    for name in ("pool-a", "pool-b", "pool-c"):
        if name[-1] != dead[-1]:
            world.cloud.set_bounds(name, 2, 6)
    world.world.fail_zone(dead)

    world.run(240)
    assert len(world.nodes(dead)) == 2
    world.run(240)

    assert len(world.nodes(dead)) == 0


def test_a_new_leader_forgets_the_taints_of_the_old_one():
    world = ScalingWorld(2)
    world.run(60)
    host = world.nodes()[0]["metadata"]["name"]
    stale = {"key": "ToBeDeletedByClusterAutoscaler", "value": "1", "effect": "NoSchedule"}
    world.cluster.patch("nodes", host, {"spec": {"taints": [stale]}})
    world.run(30)
    assert stale in world.cluster.get("nodes", host)["spec"]["taints"]

    leader = next(p for p in world.pods() if p["metadata"]["namespace"] == "kube-system")
    world.cluster.delete("pods", leader["metadata"]["name"], "kube-system")
    world.run(60)

    assert stale not in (world.cluster.get("nodes", host)["spec"].get("taints") or [])


def test_an_instance_whose_node_was_deleted_is_terminated_after_fifteen_minutes():
    world = ScalingWorld(2, "--scale-down-enabled=false")
    dead = world.zone_without_leader()
    world.cluster.delete("nodes", world.nodes(dead)[0]["metadata"]["name"])
    world.run(30)
    counts = world.status()["clusterWide"]["health"]["nodeCounts"]["registered"]
    assert counts["total"] == 5
    [group] = [g for g in world.status()["nodeGroups"] if g["name"] == f"pool-{dead[-1]}"]
    assert group["health"]["nodeCounts"]["unregistered"] == 1

    world.run(800)
    assert world.desired()[dead[-1]] == 2
    world.run(120)

    assert world.desired()[dead[-1]] == 1
    assert len(world.cloud.terminated) == 1
    assert any("Removed unregistered node" in t for t in world.events("DeleteUnregistered"))
