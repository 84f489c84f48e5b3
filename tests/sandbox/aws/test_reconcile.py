from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.fleet import Group
from tests.sandbox.aws.groups import spec

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
Run = Callable[[float], None]


def zones(group: Group) -> dict[str, int]:
    return dict(Counter(i.zone for i in group.instances if i.state != "Terminating"))


def suspend(asg: Any, *names: str) -> None:
    asg.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=list(names))


def test_instances_spread_evenly_over_the_zones(cloud: Cloud, run: Run) -> None:
    cloud.create_group(spec(zones=ZONES, desired=0, min=0, max=20))
    cloud.set_desired("web", 15)
    run(60)
    assert zones(cloud.group("web")) == dict.fromkeys(ZONES, 5)


def test_scaling_in_takes_from_the_fullest_zone_and_spares_the_protected(
    asg: Any, cloud: Cloud, run: Run
) -> None:
    group = cloud.create_group(spec(zones=ZONES, desired=7))
    kept = [instance.id for instance in group.instances if instance.zone == "us-east-1a"]
    asg.set_instance_protection(
        AutoScalingGroupName="web", InstanceIds=kept, ProtectedFromScaleIn=True
    )
    suspend(asg, "AZRebalance")
    cloud.set_desired("web", 3)
    run(60)
    assert zones(cloud.group("web")) == {"us-east-1a": 3}
    cloud.set_desired("web", 1)
    run(60)
    assert zones(cloud.group("web")) == {"us-east-1a": 3}


def test_a_spot_group_buys_spot_above_its_on_demand_base(cloud: Cloud, run: Run) -> None:
    cloud.create_group(spec(spot=True, on_demand_base=2, on_demand_percent=50, desired=6))
    bought = Counter(instance.lifecycle for instance in cloud.group("web").instances)
    assert bought == {"on-demand": 4, "spot": 2}
    cloud.create_group(spec("all-spot", spot=True))
    assert {i.lifecycle for i in cloud.group("all-spot").instances} == {"spot"}
    assert (cloud.group("web").spot, cloud.group("all-spot").spot) == (False, True)


def test_ec2_knows_which_instances_are_spot(ec2: Any, cloud: Cloud) -> None:
    cloud.create_group(spec(spot=True))
    cloud.create_group(spec("plain"))
    found = ec2.describe_instances(Filters=[{"Name": "instance-lifecycle", "Values": ["spot"]}])
    names = {i["InstanceId"] for r in found["Reservations"] for i in r["Instances"]}
    assert names == {instance.id for instance in cloud.group("web").instances}


def test_a_suspended_launch_neither_grows_nor_replaces(asg: Any, cloud: Cloud, run: Run) -> None:
    group = cloud.create_group(spec())
    suspend(asg, "Launch")
    asg.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=5)
    asg.set_instance_health(InstanceId=group.instances[0].id, HealthStatus="Unhealthy")
    run(60)
    # ReplaceUnhealthy goes on terminating, which is why suspending Launch alone is dangerous.
    assert len(cloud.group("web").instances) == 2
    asg.resume_processes(AutoScalingGroupName="web", ScalingProcesses=["Launch"])
    run(60)
    assert len(cloud.group("web").instances) == 5


def test_a_suspended_terminate_keeps_every_instance(asg: Any, cloud: Cloud, run: Run) -> None:
    cloud.create_group(spec())
    suspend(asg, "Terminate")
    cloud.set_desired("web", 1)
    run(60)
    assert len(cloud.group("web").instances) == 3


@pytest.mark.parametrize("process", ["ReplaceUnhealthy", "HealthCheck"])
def test_dead_instances_stay_when_health_is_not_looked_after(
    asg: Any, cloud: Cloud, run: Run, process: str
) -> None:
    cloud.create_group(spec())
    suspend(asg, process)
    cloud.fail_instances("us-east-1a")
    run(300)
    assert [i.state for i in cloud.group("web").instances] == ["InService"] * 3


def test_a_failed_zone_is_noticed_after_two_minutes_and_replaced_elsewhere(
    cloud: Cloud, run: Run
) -> None:
    cloud.create_group(spec(zones=ZONES, desired=6))
    cloud.launchable = lambda zone: zone != "us-east-1a"
    cloud.fail_instances("us-east-1a")
    run(100)
    assert {i.health for i in cloud.group("web").instances} == {"Healthy"}
    run(100)
    group = cloud.group("web")
    cloud.launchable = lambda zone: True
    assert zones(group) == {"us-east-1b": 3, "us-east-1c": 3}
    # The dead ones hang: EC2 in the failed zone cannot confirm that they are gone.
    dead = [i for i in group.instances if i.zone == "us-east-1a"]
    assert [(i.state, i.health, i.reachable) for i in dead] == [
        ("Terminating", "Unhealthy", False)
    ] * 2


def test_after_the_zone_heals_the_dead_go_and_the_zones_are_balanced_again(
    cloud: Cloud, run: Run
) -> None:
    cloud.create_group(spec(zones=ZONES, desired=6))
    cloud.launchable = lambda zone: zone != "us-east-1a"
    cloud.fail_instances("us-east-1a")
    run(200)
    cloud.launchable = lambda zone: True
    cloud.heal_instances("us-east-1a")
    run(200)
    group = cloud.group("web")
    assert zones(group) == dict.fromkeys(ZONES, 2)
    assert {i.health for i in group.instances} == {"Healthy"}


def test_removing_a_zone_moves_its_instances_unless_rebalancing_is_suspended(
    asg: Any, cloud: Cloud, run: Run
) -> None:
    cloud.create_group(spec(zones=ZONES, desired=3))
    suspend(asg, "AZRebalance")
    subnets = cloud.subnets()
    asg.update_auto_scaling_group(
        AutoScalingGroupName="web",
        VPCZoneIdentifier=f"{subnets['us-east-1b']},{subnets['us-east-1c']}",
    )
    run(100)
    assert zones(cloud.group("web")) == dict.fromkeys(ZONES, 1)
    asg.resume_processes(AutoScalingGroupName="web", ScalingProcesses=["AZRebalance"])
    run(100)
    assert set(zones(cloud.group("web"))) == {"us-east-1b", "us-east-1c"}
    assert len(cloud.group("web").instances) == 3


def test_balanced_only_keeps_trying_the_zone_without_capacity(
    asg: Any, cloud: Cloud, run: Run
) -> None:
    cloud.create_group(spec(zones=ZONES, desired=2))
    asg.update_auto_scaling_group(
        AutoScalingGroupName="web",
        AvailabilityZoneDistribution={"CapacityDistributionStrategy": "balanced-only"},
    )
    cloud.launchable = lambda zone: zone != "us-east-1c"
    cloud.set_desired("web", 3)
    run(60)
    cloud.launchable = lambda zone: True
    assert zones(cloud.group("web")) == {"us-east-1a": 1, "us-east-1b": 1}


def test_a_launched_instance_is_pending_before_it_is_in_service(
    cloud: Cloud, run: Run, watch: Any
) -> None:
    cloud.create_group(spec(desired=1))
    cloud.set_desired("web", 2)
    run(10)
    assert [i.state for i in cloud.group("web").instances] == ["InService", "Pending"]
    assert cloud.group("web").instances[1].launched == watch.now()
    run(20)
    assert [i.state for i in cloud.group("web").instances] == ["InService", "InService"]


def test_propagated_tags_reach_new_instances_only_then(ec2: Any, cloud: Cloud, run: Run) -> None:
    cloud.create_group(spec(desired=1, tags={}))
    cloud.set_tag("web", "team", "shop", True)
    cloud.set_tag("web", "secret", "no", False)
    cloud.set_desired("web", 2)
    run(30)
    tags = [
        {t["Key"]: t["Value"] for t in i["Tags"] if not t["Key"].startswith("aws:ec2")}
        for r in ec2.describe_instances()["Reservations"]
        for i in r["Instances"]
    ]
    assert sorted(tags, key=len) == [
        {"aws:autoscaling:groupName": "web"},
        {"aws:autoscaling:groupName": "web", "team": "shop"},
    ]
