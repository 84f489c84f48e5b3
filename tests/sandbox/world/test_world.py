from __future__ import annotations

import gc
import threading
import time
import weakref

import pytest

from sopctl.sandbox.k8s.objects import encode
from tests.fakes.workloads import deployment, pod_spec, spread
from tests.fakes.worlds import SmallWorld

A, B, C = "us-east-1a", "us-east-1b", "us-east-1c"


def relax(world: SmallWorld, app: str) -> None:
    spec = {"topologySpreadConstraints": [spread(app, whenUnsatisfiable="ScheduleAnyway")]}
    world.cluster.patch("deployments", app, {"spec": {"template": {"spec": spec}}}, "shop")


def spread_world(replicas: int = 9) -> SmallWorld:
    world = SmallWorld()
    spec = pod_spec(topologySpreadConstraints=[spread("web")])
    world.cluster.create("deployments", deployment("web", replicas, spec))
    world.run()
    return world


def test_a_spread_deployment_settles_evenly_over_the_zones():
    world = spread_world()

    assert world.zones("web") == {A: 3, B: 3, C: 3}
    status = world.cluster.get("deployments", "web", "shop")["status"]
    assert (status["readyReplicas"], status["availableReplicas"]) == (9, 9)


def test_a_cordoned_zone_still_counts_as_a_domain_so_its_pods_stay_pending_until_relaxed():
    world = spread_world()

    world.cordon(A)
    world.drain(A)
    world.run()
    # Zone a holds none and counts: one more than that is all the others may hold,
    # so what was drained is refused everywhere.
    assert world.zones("web") == {"": 3, B: 3, C: 3}
    blocked = [p for p in world.pods("web") if not p["spec"].get("nodeName")]
    message = blocked[0]["status"]["conditions"][0]["message"]
    assert message.startswith(
        "0/6 nodes are available: 2 node(s) were unschedulable, "
        "4 node(s) didn't match pod topology spread constraints."
    )

    relax(world, "web")
    world.run(120)
    assert set(world.zones("web")) == {B, C}
    assert world.zones("web").total() == 9


def test_relaxing_before_the_cordon_rolls_new_pods_back_into_the_failing_zone():
    world = spread_world()
    before = {p["metadata"]["uid"] for p in world.pods("web")}

    relax(world, "web")
    world.run(120)

    after = {p["metadata"]["uid"] for p in world.pods("web")}
    assert not before & after
    assert world.zones("web")[A] > 0


def test_a_rolling_update_never_has_fewer_available_pods_than_promised():
    world = spread_world()
    relax(world, "web")

    fewest = 9
    for _ in range(120):
        world.run(1)
        status = world.cluster.get("deployments", "web", "shop")["status"]
        fewest = min(fewest, status.get("availableReplicas", 0))

    assert 7 <= fewest < 9  # maxUnavailable 25 % of 9, rounded down


def test_pods_of_a_wholly_dead_zone_are_not_ready_and_not_evicted():
    world = spread_world()

    world.world.fail_zone(A)
    world.run(900)

    assert world.zones("web") == {A: 3, B: 3, C: 3}
    ready = world.cluster.get("deployments", "web", "shop")["status"]["readyReplicas"]
    assert ready == 6
    taints = world.nodes(A)[0]["spec"]["taints"]
    assert {(t["key"], t["effect"]) for t in taints} == {
        ("node.kubernetes.io/unreachable", "NoSchedule")
    }


def test_a_pod_deleted_on_a_dead_node_stays_terminating_until_the_zone_heals():
    world = spread_world()
    world.world.fail_zone(A)
    world.run(60)
    victim = next(p for p in world.pods("web") if world.zone_of(p) == A)

    world.cluster.delete("pods", victim["metadata"]["name"], "shop")
    world.run(120)
    left = world.cluster.get("pods", victim["metadata"]["name"], "shop")
    assert left is not None
    assert "deletionTimestamp" in left["metadata"]

    world.world.heal_zone(A)
    world.run(30)
    assert world.cluster.get("pods", victim["metadata"]["name"], "shop") is None
    assert world.cluster.get("deployments", "web", "shop")["status"]["readyReplicas"] == 9
    assert "taints" not in world.nodes(A)[0]["spec"]


def test_in_a_gray_failure_the_nodes_stay_ready():
    world = spread_world()

    world.world.fail_zone(A, gray=True)
    world.run(300)

    assert "taints" not in world.nodes(A)[0]["spec"]
    assert world.cluster.get("deployments", "web", "shop")["status"]["readyReplicas"] == 9
    assert not world.cloud.launchable(A)
    assert world.cloud.launchable(B)


def test_a_world_at_rest_writes_nothing():
    world = spread_world()
    revision = world.cluster.revision

    world.run(600)

    assert world.cluster.revision == revision


def test_the_world_runs_in_a_thread_until_it_is_stopped():
    world = SmallWorld()
    thread = threading.Thread(target=world.world.run)
    thread.start()
    try:
        world.cluster.create("deployments", deployment("web", 3))
        deadline = time.monotonic() + 10
        while len(world.pods("web")) < 3 and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        assert len(world.pods("web")) == 3
    finally:
        world.world.stop()
        thread.join()


def test_a_world_that_runs_lets_go_of_the_one_it_replaces():
    """What runs is kept from the garbage collector, and once kept the former one for ever."""

    class Former:
        pass

    former = Former()
    former.itself = former
    kept = weakref.ref(former)
    gc.freeze()
    del former
    world = SmallWorld().world
    world.stop()
    world.run()
    assert kept() is None


def test_an_unknown_zone_or_node_is_refused():
    world = SmallWorld().world
    with pytest.raises(ValueError, match="unknown zone 'use1-az6': there are us-east-1a"):
        world.fail_zone("use1-az6")
    with pytest.raises(ValueError, match="unknown zone 'mars'"):
        world.heal_zone("mars")
    with pytest.raises(ValueError, match="unknown node 'nobody'"):
        world.fail_node("nobody")


def test_the_controllers_never_change_what_is_stored_in_place():
    world = spread_world()
    store = world.cluster.store
    written = {
        (storage, key): store.encoded(storage, key)
        for storage in store.storages()
        for key in store.table(storage)
    }
    stored = {where: store.get(*where) for where in written}

    world.cordon(A)
    world.world.fail_zone(B)
    world.run(90)
    relax(world, "web")
    world.run(60)

    assert all(encode(stored[where]) == text for where, text in written.items())
