from __future__ import annotations

from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.world.outages import ZONE
from tests.fakes.workloads import deployment, pod, pod_spec
from tests.fakes.worlds import SmallWorld

A, B = "us-east-1a", "us-east-1b"


def taints(node: Obj) -> set[tuple[str, str]]:
    return {(t["key"], t["effect"]) for t in node["spec"].get("taints") or ()}


def test_a_node_is_unknown_only_after_the_grace_period():
    world = SmallWorld()
    world.world.fail_zone(A)

    world.run(40)
    assert taints(world.nodes(A)[0]) == set()
    world.run(15)

    node = world.nodes(A)[0]
    ready = next(c for c in node["status"]["conditions"] if c["type"] == "Ready")
    assert (ready["status"], ready["reason"]) == ("Unknown", "NodeStatusUnknown")
    assert taints(node) == {("node.kubernetes.io/unreachable", "NoSchedule")}


def test_cordoning_adds_the_taint_and_uncordoning_takes_it_away():
    world = SmallWorld()
    name = world.nodes(A)[0]["metadata"]["name"]

    world.cluster.patch("nodes", name, {"spec": {"unschedulable": True}})
    world.run(2)
    assert taints(world.nodes(A)[0]) == {("node.kubernetes.io/unschedulable", "NoSchedule")}

    world.cluster.patch("nodes", name, {"spec": {"unschedulable": None}})
    world.run(2)
    assert taints(world.nodes(A)[0]) == set()


def test_foreign_taints_stay_in_their_place():
    world = SmallWorld()
    name = world.nodes(A)[0]["metadata"]["name"]
    own = {"key": "team", "value": "x", "effect": "PreferNoSchedule"}
    world.cluster.patch("nodes", name, {"spec": {"taints": [own], "unschedulable": True}})
    world.run(2)
    world.cluster.patch("nodes", name, {"spec": {"unschedulable": None}})
    world.run(2)

    assert world.nodes(A)[0]["spec"]["taints"] == [own]


def test_a_no_execute_taint_evicts_who_does_not_tolerate_it():
    world = SmallWorld(nodes_per_zone=1)
    tolerant = pod_spec(tolerations=[{"key": "fire", "operator": "Exists"}])
    patient = pod_spec(tolerations=[{"key": "fire", "operator": "Exists", "tolerationSeconds": 60}])
    host = world.nodes(A)[0]["metadata"]["name"]
    for name, spec in (("stays", tolerant), ("waits", patient), ("goes", pod_spec())):
        world.cluster.create("pods", pod(name, {**spec, "nodeName": host}))
    world.run(10)

    fire = {"key": "fire", "effect": "NoExecute", "timeAdded": "2026-11-01T03:00:10Z"}
    world.cluster.patch("nodes", host, {"spec": {"taints": [fire]}})
    world.run(10)
    assert {p["metadata"]["name"] for p in world.pods()} == {"stays", "waits"}
    world.run(70)

    assert {p["metadata"]["name"] for p in world.pods()} == {"stays"}


def test_in_a_minority_of_a_zone_pods_are_evicted_after_five_minutes():
    world = SmallWorld(nodes_per_zone=4)
    world.cluster.create("deployments", deployment("web", 24))
    world.run(10)
    host = world.nodes(B)[0]["metadata"]["name"]
    world.world.fail_node(host)

    world.run(340)
    assert not any("deletionTimestamp" in p["metadata"] for p in world.pods("web"))
    world.run(60)

    gone = [p for p in world.pods("web") if p["spec"].get("nodeName") == host]
    assert gone
    assert all("deletionTimestamp" in p["metadata"] for p in gone)
    assert world.zones("web").total() == 24  # replaced at once, terminating ones do not count
    assert ("node.kubernetes.io/unreachable", "NoExecute") in taints(
        world.cluster.get("nodes", host) or {}
    )


def test_the_nodes_of_a_zone_are_emptied_one_in_ten_seconds():
    """--node-eviction-rate 0.1, for each zone; all of them repel new pods at once."""
    world = SmallWorld(nodes_per_zone=5)
    hosts = [node["metadata"]["name"] for node in (*world.nodes(A)[:2], *world.nodes(B)[:2])]
    for host in hosts:
        world.world.fail_node(host)

    def tainted(effect):
        nodes = [world.cluster.get("nodes", host) for host in hosts]
        return sum(("node.kubernetes.io/unreachable", effect) in taints(node) for node in nodes)

    world.run(52)
    assert (tainted("NoSchedule"), tainted("NoExecute")) == (4, 2)
    world.run(10)
    assert tainted("NoExecute") == 4


def test_deleting_the_nodes_of_a_dead_zone_frees_its_pods():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 6))
    world.run(15)
    world.world.fail_zone(A)
    world.run(60)

    for node in world.nodes(A):
        world.cluster.delete("nodes", node["metadata"]["name"])
    world.run(60)

    assert world.zones("web")[A] == 0
    assert world.zones("web").total() == 6
    world.world.heal_zone(A)
    world.run(120)
    assert world.nodes(A) == []  # a kubelet registers once


def test_the_out_of_service_taint_forgets_terminating_pods():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 6))
    world.run(15)
    world.world.fail_zone(A)
    world.run(60)
    host = world.nodes(A)[0]
    taint = {
        "key": "node.kubernetes.io/out-of-service",
        "value": "nodeshutdown",
        "effect": "NoExecute",
    }
    present = host["spec"]["taints"]
    world.cluster.patch("nodes", host["metadata"]["name"], {"spec": {"taints": [*present, taint]}})
    world.run(10)

    left = [p for p in world.pods("web") if p["spec"].get("nodeName") == host["metadata"]["name"]]
    assert left == []


def test_a_node_that_nobody_speaks_for_takes_no_pods():
    world = SmallWorld(nodes_per_zone=0)
    world.cluster.create("nodes", {"metadata": {"name": "ghost", "labels": {ZONE: A}}})
    world.cluster.create("pods", pod("waiting"))
    world.run(60)

    assert taints(world.nodes(A)[0]) == {("node.kubernetes.io/unreachable", "NoSchedule")}
    assert "nodeName" not in world.pods()[0]["spec"]


def test_a_silent_node_that_is_heard_again_gets_its_pods_back():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 6))
    world.run(15)
    host = world.nodes(B)[0]["metadata"]["name"]
    world.world.fail_node(host)
    world.run(70)
    found = world.cluster.get("deployments", "web", "shop")
    assert found is not None
    assert found["status"]["readyReplicas"] < 6

    world.world.heal_node(host)
    world.run(15)

    found = world.cluster.get("deployments", "web", "shop")
    assert found is not None
    assert found["status"]["readyReplicas"] == 6
