from __future__ import annotations

from sopctl.sandbox.aws.fleet import LABEL_TAG, TAINT_TAG, GroupSpec
from sopctl.sandbox.world.conditions import holds
from tests.fakes.workloads import deployment
from tests.fakes.worlds import SmallWorld

A = "us-east-1a"


def test_a_launched_instance_becomes_a_ready_node_after_its_boot():
    world = SmallWorld()
    world.cloud.set_desired("pool-a", 3)

    world.run(35)
    assert len(world.nodes(A)) == 2
    world.run(10)
    [young] = [n for n in world.nodes(A) if not holds(n, "Ready")]
    assert {t["key"] for t in young["spec"]["taints"]} == {"node.kubernetes.io/not-ready"}
    world.run(30)

    assert len(world.nodes(A)) == 3
    assert all(holds(n, "Ready") and "taints" not in n["spec"] for n in world.nodes(A))


def test_the_end_of_an_instance_is_the_end_of_its_node_and_pods():
    world = SmallWorld()
    world.cluster.create("deployments", deployment("web", 6))
    world.run(15)
    instance = world.cloud.group("pool-a").instances[0]

    world.cloud.terminate(instance.id)
    world.run(30)

    assert len(world.nodes(A)) == 1
    assert all(world.zone_of(p) for p in world.pods("web"))
    assert world.zones("web").total() == 6


def test_a_deleted_node_does_not_come_back_while_its_instance_lives():
    world = SmallWorld()
    world.cluster.delete("nodes", world.nodes(A)[0]["metadata"]["name"])

    world.run(120)

    assert len(world.nodes(A)) == 1
    assert len(world.cloud.group("pool-a").instances) == 2


def test_a_node_says_what_its_instance_and_its_group_are():
    world = SmallWorld()
    tags = {
        f"{LABEL_TAG}workload": ("batch", False),
        f"{TAINT_TAG}dedicated": ("batch:NoSchedule", False),
    }
    world.cloud.create_group(
        GroupSpec(
            name="batch",
            zones=(A,),
            min=0,
            max=2,
            desired=1,
            spot=True,
            tags=tags,
            instance_types=("c5.2xlarge",),
        )
    )
    world.run(60)
    [node] = [n for n in world.nodes(A) if n["metadata"]["labels"].get("workload") == "batch"]

    labels = node["metadata"]["labels"]
    assert labels["topology.kubernetes.io/zone"] == A
    assert labels["topology.kubernetes.io/region"] == "us-east-1"
    assert labels["topology.k8s.aws/zone-id"] == "use1-az6"
    assert labels["node.kubernetes.io/instance-type"] == "c5.2xlarge"
    assert labels["node.kubernetes.io/lifecycle"] == "spot"
    assert labels["kubernetes.io/hostname"] == node["metadata"]["name"]
    instance = world.cloud.group("batch").instances[0]
    assert node["spec"]["providerID"] == f"aws:///{A}/{instance.id}"
    taint = {"key": "dedicated", "value": "batch", "effect": "NoSchedule"}
    assert node["spec"]["taints"] == [taint]
    assert node["status"]["capacity"]["cpu"] == "8"
    assert node["status"]["allocatable"]["cpu"] == "7920m"


def test_no_node_registers_from_a_failed_zone():
    world = SmallWorld()
    world.cloud.set_desired("pool-a", 3)
    world.run(5)  # launched before the failure
    world.world.fail_zone(A)

    world.run(120)
    assert len(world.nodes(A)) == 2
    world.world.heal_zone(A)
    world.run(60)

    assert len(world.nodes(A)) == 3
