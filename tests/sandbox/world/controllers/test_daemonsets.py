from __future__ import annotations

from sopctl.sandbox.k8s.objects import Obj
from tests.fakes.workloads import deployment, pod_spec
from tests.fakes.worlds import SmallWorld

A = "us-east-1a"


def daemon_set(**spec: object) -> Obj:
    made = deployment("agent", 1, pod_spec(**spec))
    made["kind"] = "DaemonSet"
    del made["spec"]["replicas"]
    return made


def test_every_node_gets_one_pod():
    world = SmallWorld()
    world.cluster.create("daemonsets", daemon_set())
    world.run(10)

    hosts = sorted(p["spec"]["nodeName"] for p in world.pods("agent"))
    assert hosts == sorted(n["metadata"]["name"] for n in world.nodes())
    status = world.cluster.get("daemonsets", "agent", "shop")["status"]
    assert (status["desiredNumberScheduled"], status["numberReady"]) == (6, 6)


def test_cordoned_and_unreachable_nodes_keep_their_pods():
    world = SmallWorld()
    world.cluster.create("daemonsets", daemon_set())
    world.run(10)

    world.cordon(A)
    world.world.fail_zone("us-east-1b")
    world.run(600)

    status = world.cluster.get("daemonsets", "agent", "shop")["status"]
    assert (status["desiredNumberScheduled"], status["numberReady"]) == (6, 4)
    assert not any("deletionTimestamp" in p["metadata"] for p in world.pods("agent"))


def test_a_node_selector_limits_the_nodes():
    world = SmallWorld()
    selector = {"topology.kubernetes.io/zone": A}
    world.cluster.create("daemonsets", daemon_set(nodeSelector=selector))
    world.run(10)

    assert {world.zone_of(p) for p in world.pods("agent")} == {A}


def test_a_new_template_is_rolled_node_by_node():
    world = SmallWorld()
    world.cluster.create("daemonsets", daemon_set())
    world.run(10)

    patch = {"spec": {"template": {"metadata": {"annotations": {"version": "2"}}}}}
    world.cluster.patch("daemonsets", "agent", patch, "shop")
    world.run(3)
    updated = [p for p in world.pods("agent") if "annotations" in p["metadata"]]
    assert len(updated) <= 1
    world.run(120)

    assert all("annotations" in p["metadata"] for p in world.pods("agent"))
    assert len(world.pods("agent")) == 6
