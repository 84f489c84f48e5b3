from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.fleet import Zone
from tests.sandbox.aws.groups import ENABLED, spec


def test_the_region_has_six_zones_with_their_ids(ec2: Any, cloud: Cloud) -> None:
    assert [zone.name for zone in cloud.zones] == [f"us-east-1{c}" for c in "abcdef"]
    assert cloud.zones[0] == Zone(name="us-east-1a", id="use1-az6")
    for asked in ({"ZoneNames": ["us-east-1a"]}, {"ZoneIds": ["use1-az6"]}):
        found = ec2.describe_availability_zones(**asked)["AvailabilityZones"]
        assert [(zone["ZoneName"], zone["ZoneId"]) for zone in found] == [
            ("us-east-1a", "use1-az6")
        ]


# With Amazon's 1,255 images in it, each launch looked through all of them.
def test_a_world_is_seeded_without_amazons_images(ec2: Any, cloud: Cloud) -> None:
    for index in range(60):
        cloud.create_group(spec(f"g{index}"))
    assert ec2.describe_images()["Images"] == []
    assert sum(len(group.instances) for group in cloud.groups()) == 180


def test_a_group_shows_the_labels_and_taints_its_nodes_will_have(cloud: Cloud) -> None:
    template = "k8s.io/cluster-autoscaler/node-template"
    group = cloud.create_group(
        spec(
            tags={
                f"{template}/label/pool": ("spot", True),
                f"{template}/taint/dedicated": ("batch:NoSchedule", True),
                f"{template}/taint/empty": (":NoExecute", True),
            }
        )
    )
    assert group.labels == {"pool": "spot"}
    assert group.taints == (("dedicated", "batch", "NoSchedule"), ("empty", "", "NoExecute"))


def test_instances_have_what_a_node_needs(cloud: Cloud) -> None:
    instance = cloud.create_group(spec()).instances[0]
    assert instance.provider_id == f"aws:///us-east-1a/{instance.id}"
    assert instance.private_dns == f"ip-{instance.private_ip.replace('.', '-')}.ec2.internal"


def test_a_removed_node_shrinks_its_group_and_an_interruption_does_not(
    cloud: Cloud, run: Callable[[float], None]
) -> None:
    first, second, _ = cloud.create_group(spec()).instances
    cloud.terminate(first.id)
    assert cloud.group("web").desired == 2
    cloud.terminate(second.id, decrement=False)
    run(60)
    group = cloud.group("web")
    assert group.desired == 2
    assert [i.state for i in group.instances] == ["InService"] * 2
    assert not {first.id, second.id} & {i.id for i in group.instances}
    with pytest.raises(KeyError):
        cloud.terminate(first.id)


def test_the_dump_shows_what_clients_write_and_not_what_time_does(
    asg: Any, cloud: Cloud, run: Callable[[float], None]
) -> None:
    group = cloud.create_group(spec())
    before = cloud.dump()
    cloud.terminate(group.instances[0].id, decrement=False)
    run(60)
    assert cloud.dump() == before
    changes: list[Callable[[], Any]] = [
        lambda: cloud.set_tag("web", ENABLED, "true", False),
        lambda: asg.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["Launch"]),
        lambda: asg.update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=11),
        lambda: asg.update_auto_scaling_group(AutoScalingGroupName="web", CapacityRebalance=True),
    ]
    for change in changes:
        before = cloud.dump()
        change()
        assert cloud.dump() != before


def test_the_cluster_says_where_its_endpoint_is(
    cloud: Cloud, clients: Callable[[str], Any]
) -> None:
    cloud.set_cluster_endpoint("https://127.0.0.1:6443", "Y2E=", version="1.35")
    cluster = clients("eks").describe_cluster(name="sandbox")["cluster"]
    assert cluster["endpoint"] == "https://127.0.0.1:6443"
    assert cluster["certificateAuthority"] == {"data": "Y2E="}
    assert (cluster["version"], cluster["status"]) == ("1.35", "ACTIVE")
    assert cluster["arn"] == "arn:aws:eks:us-east-1:123456789012:cluster/sandbox"


def test_terminated_instances_are_forgotten_after_an_hour(
    ec2: Any, cloud: Cloud, run: Callable[[float], None]
) -> None:
    cloud.create_group(spec(min=0, desired=1))
    cloud.set_desired("web", 0)
    run(60)
    assert len(ec2.describe_instances()["Reservations"]) == 1
    run(4000)
    assert ec2.describe_instances()["Reservations"] == []


def test_launches_take_addresses_of_their_subnet(ec2: Any, cloud: Cloud) -> None:
    def free() -> int:
        found = ec2.describe_subnets(SubnetIds=[cloud.subnets()["us-east-1a"]])["Subnets"]
        return int(found[0]["AvailableIpAddressCount"])

    before = free()
    cloud.create_group(spec(desired=3))
    assert before - free() == 3


def test_a_type_says_what_it_has(ec2: Any, cloud: Cloud) -> None:
    (found,) = ec2.describe_instance_types(InstanceTypes=["m5.xlarge"])["InstanceTypes"]
    assert found["VCpuInfo"]["DefaultVCpus"] == 4
    assert found["MemoryInfo"]["SizeInMiB"] == 16384


def test_a_reset_account_is_empty(asg: Any, ec2: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    cloud.fail_instances("us-east-1a")
    cloud.reset()
    assert cloud.groups() == []
    assert asg.describe_auto_scaling_groups()["AutoScalingGroups"] == []
    assert ec2.describe_instances()["Reservations"] == []
    cloud.create_group(spec())
    cloud.tick()
    assert {i.reachable for i in cloud.group("web").instances} == {True}
