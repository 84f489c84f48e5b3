from __future__ import annotations

from sopctl.sandbox.k8s.objects import Obj
from tests.fakes.workloads import deployment
from tests.fakes.worlds import SmallWorld


def stateful_set(replicas: int, **fields: object) -> Obj:
    made = deployment("db", replicas)
    made["kind"] = "StatefulSet"
    made["spec"] |= {"serviceName": "db", **fields}
    return made


def names(world: SmallWorld) -> list[str]:
    return sorted(p["metadata"]["name"] for p in world.pods("db"))


def status(world: SmallWorld) -> Obj:
    found = world.cluster.get("statefulsets", "db", "shop")
    assert found is not None
    return found["status"]


def retemplate(world: SmallWorld, value: str) -> None:
    patch = {"spec": {"template": {"metadata": {"annotations": {"version": value}}}}}
    world.cluster.patch("statefulsets", "db", patch, "shop")


def versions(world: SmallWorld) -> list[str]:
    pods = sorted(world.pods("db"), key=lambda p: str(p["metadata"]["name"]))
    return [p["metadata"].get("annotations", {}).get("version", "") for p in pods]


def test_pods_start_in_order_one_after_the_other():
    world = SmallWorld()
    world.cluster.create("statefulsets", stateful_set(3))

    world.run(2)
    assert names(world) == ["db-0"]
    world.run(20)
    assert names(world) == ["db-0", "db-1", "db-2"]
    assert status(world)["readyReplicas"] == 3
    assert status(world)["currentRevision"] == status(world)["updateRevision"]


def test_a_parallel_set_starts_all_at_once():
    world = SmallWorld()
    world.cluster.create("statefulsets", stateful_set(3, podManagementPolicy="Parallel"))

    world.run(2)

    assert names(world) == ["db-0", "db-1", "db-2"]


def test_the_highest_ordinal_leaves_first():
    world = SmallWorld()
    world.cluster.create("statefulsets", stateful_set(3))
    world.run(20)

    world.cluster.patch("statefulsets", "db", {"spec": {"replicas": 1}}, "shop")
    world.run(2)
    assert names(world) == ["db-0", "db-1", "db-2"]  # db-2 is terminating, db-1 waits for it
    world.run(15)

    assert names(world) == ["db-0"]


def test_a_name_is_not_free_while_its_pod_terminates_on_a_dead_node():
    world = SmallWorld()
    world.cluster.create("statefulsets", stateful_set(3))
    world.run(20)
    victim = world.pods("db")[0]
    zone = world.zone_of(victim)

    world.world.fail_zone(zone)
    world.run(60)
    world.cluster.delete("pods", victim["metadata"]["name"], "shop")
    world.run(300)
    same = world.cluster.get("pods", victim["metadata"]["name"], "shop")
    assert same is not None
    assert same["metadata"]["uid"] == victim["metadata"]["uid"]

    world.cluster.delete("pods", victim["metadata"]["name"], "shop", grace=0)
    world.run(30)
    other = world.cluster.get("pods", victim["metadata"]["name"], "shop")
    assert other is not None
    assert other["metadata"]["uid"] != victim["metadata"]["uid"]
    assert world.zone_of(other) != zone


def test_an_update_rolls_from_the_top_one_by_one():
    world = SmallWorld()
    world.cluster.create("statefulsets", stateful_set(3))
    world.run(20)

    retemplate(world, "2")
    world.run(8)
    assert versions(world) == ["", "", "2"]
    world.run(30)

    assert versions(world) == ["2", "2", "2"]
    assert status(world)["currentRevision"] == status(world)["updateRevision"]


def test_below_the_partition_pods_keep_their_revision_even_when_they_come_back():
    world = SmallWorld()
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    world.cluster.create("statefulsets", stateful_set(3, updateStrategy=strategy))
    world.run(20)

    retemplate(world, "2")
    world.run(20)
    world.cluster.delete("pods", "db-0", "shop")
    world.run(20)

    assert versions(world) == ["", "", "2"]


def test_on_delete_changes_a_pod_only_when_it_is_deleted():
    world = SmallWorld()
    world.cluster.create("statefulsets", stateful_set(2, updateStrategy={"type": "OnDelete"}))
    world.run(20)

    retemplate(world, "2")
    world.run(20)
    assert versions(world) == ["", ""]
    world.cluster.delete("pods", "db-1", "shop")
    world.run(20)

    assert versions(world) == ["", "2"]
