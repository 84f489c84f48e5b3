from __future__ import annotations

from datetime import timedelta

import pytest

from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.world.autoscaler.scale_down import DISABLED
from sopctl.sandbox.world.autoscaler.taints import CANDIDATE, TO_BE_DELETED
from tests.fakes.autoscalers import ScalingWorld
from tests.fakes.workloads import deployment, pod_spec, spread
from tests.fakes.worlds import ENABLED, OWNED, SmallWorld

A, B, C = "us-east-1a", "us-east-1b", "us-east-1c"
OPTION = "k8s.io/cluster-autoscaler/node-template/autoscaling-options/"
BIG = "1500m"  # two of these fill a node


def budget(app: str, **spec: object) -> Obj:
    selector = {"matchLabels": {"app": app}}
    return {
        "metadata": {"name": app, "namespace": "shop"},
        "spec": {"selector": selector, **spec},
    }


def untag(world: ScalingWorld, group: str) -> None:
    world.cloud.set_tags(group, {OWNED: ("owned", False)})


def tag(world: ScalingWorld, group: str, value: str = "", **options: str) -> None:
    extra = {OPTION + key: (text, False) for key, text in options.items()}
    world.cloud.set_tags(group, {ENABLED: (value, True), OWNED: ("owned", False), **extra})


def spread_web(world: SmallWorld, replicas: int, when: str = "DoNotSchedule") -> None:
    spec = pod_spec(BIG, topologySpreadConstraints=[spread("web", whenUnsatisfiable=when)])
    world.cluster.create("deployments", deployment("web", replicas, spec))


def test_groups_with_every_discovery_tag_are_managed_whatever_the_value():
    world = ScalingWorld()
    assert world.managed() == ["pool-a", "pool-b", "pool-c"]

    tag(world, "pool-a", "false")
    untag(world, "pool-b")
    world.run(75)

    assert world.managed() == ["pool-a", "pool-c"]


def test_a_group_is_dropped_and_regained_within_a_minute_and_a_loop():
    world = ScalingWorld()
    untag(world, "pool-b")
    world.run(75)
    assert "pool-b" not in world.managed()

    tag(world, "pool-b", "owned")
    world.run(75)
    assert "pool-b" in world.managed()


def test_a_dropped_group_is_not_raised():
    world = ScalingWorld()
    untag(world, "pool-a")
    untag(world, "pool-b")
    world.run(75)

    world.cluster.create("deployments", deployment("web", 20, pod_spec(BIG)))
    world.run(300)

    assert world.desired()["a"] == 2
    assert world.desired()["b"] == 2
    assert world.desired()["c"] == 6  # its maximum


def test_the_autoscaler_grows_a_healthy_zone_only_after_the_spread_is_relaxed():
    world = ScalingWorld()
    spread_web(world, 12)
    world.run(30)
    assert {world.zones("web")[zone] for zone in (A, B, C)} == {4}
    dead = world.zone_without_leader()
    untag(world, f"pool-{dead[-1]}")
    world.world.fail_zone(dead)
    world.run(75)
    world.cordon(dead)

    for pod in [p for p in world.pods("web") if world.zone_of(p) == dead]:
        world.cluster.delete("pods", pod["metadata"]["name"], "shop")
    world.run(180)
    assert world.zones("web")[""] == 4
    assert world.desired() == {"a": 2, "b": 2, "c": 2}
    assert world.events("NotTriggerScaleUp")[0] == (
        "pod didn't trigger scale-up: 2 node(s) didn't match pod topology spread constraints"
    )

    soft = {"topologySpreadConstraints": [spread("web", whenUnsatisfiable="ScheduleAnyway")]}
    world.cluster.patch("deployments", "web", {"spec": {"template": {"spec": soft}}}, "shop")
    world.run(400)
    assert world.zones("web")[""] == 0
    assert world.zones("web").total() == 12
    desired = world.desired()
    assert desired.pop(dead[-1]) == 2
    assert sum(desired.values()) > 4


def test_launches_into_a_failed_zone_end_in_a_lower_size_and_a_backoff():
    world = ScalingWorld()
    spread_web(world, 12)
    world.run(30)
    world.world.fail_zone(A, gray=True)

    world.cluster.patch("deployments", "web", {"spec": {"replicas": 15}}, "shop")
    world.run(60)

    assert world.desired()["a"] == 2
    group = world.status()["nodeGroups"][0]
    assert group["name"] == "pool-a"
    assert group["scaleUp"]["status"] == "Backoff"
    assert group["scaleUp"]["backoffInfo"]["errorCode"] == "placeholder-cannot-be-fulfilled"


def test_a_new_instance_becomes_a_node_that_takes_the_pod():
    world = ScalingWorld()
    spread_web(world, 12)
    world.run(30)

    world.cluster.patch("deployments", "web", {"spec": {"replicas": 13}}, "shop")
    world.run(15)
    assert world.zones("web")[""] == 1
    world.run(90)

    assert world.zones("web")[""] == 0
    assert len(world.nodes()) == 7
    assert any("pod triggered scale-up" in text for text in world.events("TriggeredScaleUp"))


def test_similar_groups_grow_evenly():
    world = ScalingWorld()

    world.cluster.create("deployments", deployment("web", 24, pod_spec(BIG)))
    world.run(200)

    assert world.desired() == {"a": 4, "b": 4, "c": 4}


def test_an_unneeded_node_is_removed_after_ten_minutes():
    world = ScalingWorld()

    world.run(500)
    assert sum(world.desired().values()) == 6
    world.run(200)

    # The node of the autoscaler stays, and what was empty is gone.
    assert sum(world.desired().values()) == 1
    assert len(world.nodes()) == 1


def test_the_scale_down_annotation_keeps_a_node():
    world = ScalingWorld()
    key = "cluster-autoscaler.kubernetes.io/scale-down-disabled"
    for node in world.nodes():
        patch = {"metadata": {"annotations": {key: "true"}}}
        world.cluster.patch("nodes", node["metadata"]["name"], patch)

    world.run(900)

    assert sum(world.desired().values()) == 6


@pytest.mark.parametrize(
    "options",
    [{"scaledownunneededtime": "8760h"}, {"scaledownutilizationthreshold": "-1"}],
)
def test_a_tag_of_the_group_freezes_its_scale_down(options):
    world = ScalingWorld()
    for name in ("pool-a", "pool-b", "pool-c"):
        tag(world, name, **options)

    world.run(900)

    assert sum(world.desired().values()) == 6


def test_scale_down_stops_when_the_flag_says_so():
    world = ScalingWorld(2, "--scale-down-enabled=false")

    world.run(900)

    assert sum(world.desired().values()) == 6


def test_an_unneeded_node_repels_pods_softly():
    world = ScalingWorld()
    world.run(60)

    effects = {
        (taint["key"], taint["effect"])
        for node in world.nodes()
        for taint in node["spec"].get("taints") or ()
    }
    assert ("DeletionCandidateOfClusterAutoscaler", "PreferNoSchedule") in effects


def test_all_scaling_stops_when_too_many_nodes_are_unready():
    world = ScalingWorld(4, "--max-total-unready-percentage=30")
    dead = world.zone_without_leader()

    world.world.fail_zone(dead)
    world.run(60)
    assert world.status()["clusterWide"]["health"]["status"] == "Unhealthy"
    assert world.events("ClusterUnhealthy")

    world.cluster.create("deployments", deployment("web", 40, pod_spec(BIG)))
    world.run(120)
    assert world.desired() == {"a": 4, "b": 4, "c": 4}


def test_few_unready_nodes_do_not_stop_scaling():
    world = ScalingWorld(3, "--max-total-unready-percentage=10")
    dead = world.zone_without_leader()

    world.world.fail_zone(dead)
    world.run(60)

    counts = world.status()["clusterWide"]["health"]
    assert counts["nodeCounts"]["registered"]["unready"]["total"] == 3
    assert counts["status"] == "Healthy"


def test_the_status_of_an_old_autoscaler_is_text():
    image = "registry.k8s.io/autoscaling/cluster-autoscaler:v1.29.5"
    text = ScalingWorld(2, image=image).status_text()

    assert text.startswith("Cluster-autoscaler status at 2026-11-01 03:00:")
    assert "  Name:        pool-a\n  Health:      Healthy (ready=2 unready=0" in text
    assert "cloudProviderTarget=2 (minSize=0, maxSize=6))" in text


def test_the_status_says_sizes_and_when_it_was_written():
    world = ScalingWorld()
    group = world.status()["nodeGroups"][0]
    assert group["health"]["cloudProviderTarget"] == 2
    assert (group["health"]["minSize"], group["health"]["maxSize"]) == (0, 6)

    name = "cluster-autoscaler.kubernetes.io/last-updated"
    found = world.cluster.get("configmaps", "cluster-autoscaler-status", "kube-system")
    assert found["metadata"]["annotations"][name].startswith("2026-11-01 03:00:")
    assert found["metadata"]["annotations"][name].endswith(" +0000 UTC")


def test_an_autoscaler_without_a_ready_pod_does_nothing():
    world = ScalingWorld()
    world.cluster.patch(
        "deployments", "cluster-autoscaler", {"spec": {"replicas": 0}}, "kube-system"
    )
    world.run(30)
    before = world.status_text()

    world.cluster.create("deployments", deployment("web", 30, pod_spec(BIG)))
    world.run(300)

    assert world.status_text() == before
    assert world.desired() == {"a": 2, "b": 2, "c": 2}


def test_a_second_replica_takes_over_when_the_leaders_zone_dies():
    world = ScalingWorld()
    patch = {"spec": {"replicas": 2}}
    world.cluster.patch("deployments", "cluster-autoscaler", patch, "kube-system")
    world.run(30)
    lease = world.cluster.get("leases", "cluster-autoscaler", "kube-system")
    first = lease["spec"]["holderIdentity"]
    leader = world.cluster.get("pods", first, "kube-system")

    world.world.fail_zone(world.zone_of(leader))
    world.run(20)

    lease = world.cluster.get("leases", "cluster-autoscaler", "kube-system")
    assert lease["spec"]["holderIdentity"] != first
    assert lease["spec"]["leaseTransitions"] == 1


def test_the_lease_is_renewed_all_the_time():
    world = ScalingWorld()
    world.run(60)
    lease = world.cluster.get("leases", "cluster-autoscaler", "kube-system")

    renewed = lease["spec"]["renewTime"]
    now = world.clock.now()
    assert renewed >= (now - timedelta(seconds=11)).strftime("%Y-%m-%dT%H:%M:%S")


def tainted(world: SmallWorld, key: str) -> set[str]:
    return {
        node["metadata"]["name"]
        for node in world.nodes()
        for taint in node["spec"].get("taints") or ()
        if taint["key"] == key
    }


def test_a_launch_that_never_happens_times_out_and_gives_its_size_back():
    """Launch suspended: no failed activity, so 15 minutes of waiting (domain fact G)."""
    world = ScalingWorld(2, "--max-node-provision-time=3m")
    for name in ("pool-a", "pool-b", "pool-c"):
        world.cloud.suspend(name, "Launch")
    world.cluster.create("deployments", deployment("web", 14, pod_spec(BIG)))
    world.run(30)
    assert world.desired() == {"a": 3, "b": 2, "c": 2}
    assert not world.events("ScaleUpTimedOut")

    world.run(190)
    assert world.desired()["a"] == 2  # and another group is tried, which fares no better
    assert "failed to register within 3m0s" in world.events("ScaleUpTimedOut")[0]
    up = [each["scaleUp"] for each in world.status()["nodeGroups"]]
    assert "timeout" in {each["backoffInfo"]["errorCode"] for each in up if "backoffInfo" in each}
    assert "Backoff" in {each["status"] for each in up}


def test_soft_taints_are_left_behind_when_scale_down_is_switched_off():
    """cleanUpIfRequired cleans only ToBeDeleted taints: the others repel pods for good."""
    world = ScalingWorld()
    world.run(60)
    left = tainted(world, CANDIDATE)
    assert left

    made = world.cluster.get("deployments", "cluster-autoscaler", "kube-system")
    made["spec"]["template"]["spec"]["containers"][0]["args"].append("--scale-down-enabled=false")
    world.cluster.update("deployments", made)
    world.run(90)

    assert tainted(world, CANDIDATE) == left


def test_pods_that_a_budget_holds_keep_their_node_after_two_minutes_of_trying():
    """core/scaledown/actuation/drain.go: --max-pod-eviction-time, then ScaleDownFailed."""
    world = ScalingWorld(1, "--scale-down-unneeded-time=60s")
    world.cluster.create("deployments", deployment("web", 1))
    world.cluster.create("poddisruptionbudgets", budget("web", minAvailable=0))
    world.run(10)
    node = world.pods("web")[0]["spec"]["nodeName"]
    for each in world.nodes():
        if each["metadata"]["name"] != node:
            hold = {"metadata": {"annotations": {DISABLED: "true"}}}
            world.cluster.patch("nodes", each["metadata"]["name"], hold)
    while node not in tainted(world, TO_BE_DELETED):
        world.run(1)  # from then on nothing may be disrupted any more
    world.cluster.patch("poddisruptionbudgets", "web", {"spec": {"minAvailable": 1}}, "shop")
    world.run(200)

    assert world.pods("web")[0]["spec"]["nodeName"] == node
    assert world.events("ScaleDownFailed")
    assert node not in tainted(world, TO_BE_DELETED)


def test_the_pods_of_a_removed_node_say_why_they_went():
    world = ScalingWorld(2, "--scale-down-unneeded-time=30s", "--scale-down-delay-after-add=0s")
    world.cluster.create("deployments", deployment("web", 3))
    world.run(120)

    assert "deleting pod for node scale down" in world.events("ScaleDown")


@pytest.mark.parametrize(("version", "left"), [("v1.31.0", 3), ("v1.36.0", 1)])
def test_a_node_exactly_at_the_threshold_counts_as_busy_before_1_32(version, left):
    """eligibility.go: `utilization >= threshold` became `>`, so that 0 no longer blocks all."""
    image = f"registry.k8s.io/autoscaling/cluster-autoscaler:{version}"
    flags = ("--scale-down-unneeded-time=30s", "--scale-down-utilization-threshold=0")
    world = ScalingWorld(1, *flags, image=image)
    world.run(90)

    assert sum(world.desired().values()) == left
