from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from sopctl.sandbox.aws.cloud import Cloud
from tests.sandbox.aws.groups import described, refused, spec

ALL_ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")


def test_a_group_that_is_deleted_is_kept_nowhere(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec(min=0, desired=0))
    kept = weakref.ref(cloud.sandbox_groups()[0])
    asg.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    gc.collect()
    assert kept() is None


def test_an_update_keeps_the_mixed_instances_policy_it_does_not_mention(
    asg: Any, cloud: Cloud
) -> None:
    cloud.create_group(spec(spot=True, instance_types=("m5.xlarge", "m5a.xlarge")))
    before = described(asg)["MixedInstancesPolicy"]
    asg.update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=7)
    after = described(asg)
    assert after["MixedInstancesPolicy"] == before
    assert before["InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"] == 0
    assert after["MaxSize"] == 7


def test_a_policy_with_only_a_distribution_keeps_the_launch_template(
    asg: Any, cloud: Cloud
) -> None:
    cloud.create_group(spec(spot=True, instance_types=("m5.xlarge", "m5a.xlarge")))
    before = described(asg)["MixedInstancesPolicy"]
    asg.update_auto_scaling_group(
        AutoScalingGroupName="web",
        MixedInstancesPolicy={
            "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 100}
        },
    )
    after = described(asg)["MixedInstancesPolicy"]
    assert after["LaunchTemplate"] == before["LaunchTemplate"]
    distribution = after["InstancesDistribution"]
    assert distribution["OnDemandPercentageAboveBaseCapacity"] == 100
    # Sub-fields that are left out take their defaults, they are not kept.
    assert distribution["SpotAllocationStrategy"] == "lowest-price"


def test_a_name_in_use_is_refused_and_the_group_stays(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    template = described(asg)["LaunchTemplate"]["LaunchTemplateId"]
    status, code, _ = refused(
        asg.create_auto_scaling_group,
        AutoScalingGroupName="web",
        MinSize=0,
        MaxSize=1,
        LaunchTemplate={"LaunchTemplateId": template},
        AvailabilityZones=["us-east-1b"],
    )
    assert (status, code) == (400, "AlreadyExists")
    assert described(asg)["AvailabilityZones"] == ["us-east-1a"]


@pytest.mark.parametrize("size", [0, 11])
def test_a_desired_capacity_outside_the_bounds_is_refused(
    asg: Any, cloud: Cloud, size: int
) -> None:
    cloud.create_group(spec())
    status, code, message = refused(
        asg.set_desired_capacity, AutoScalingGroupName="web", DesiredCapacity=size
    )
    assert (status, code) == (400, "ValidationError")
    assert f"New SetDesiredCapacity value {size} is" in message
    status, code, _ = refused(
        asg.update_auto_scaling_group, AutoScalingGroupName="web", DesiredCapacity=size
    )
    assert (status, code) == (400, "ValidationError")
    assert described(asg)["DesiredCapacity"] == 3


def test_bounds_that_cross_are_refused(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    status, code, message = refused(
        asg.update_auto_scaling_group, AutoScalingGroupName="web", MinSize=5, MaxSize=4
    )
    assert (status, code) == (400, "ValidationError")
    assert message == "Max bound, 4, must be greater than or equal to min bound, 5"


@pytest.mark.parametrize(
    ("change", "desired"), [({"MaxSize": 2}, 2), ({"MinSize": 5}, 5), ({"MaxSize": 20}, 3)]
)
def test_new_bounds_move_the_desired_capacity_into_them(
    asg: Any, cloud: Cloud, change: dict[str, int], desired: int
) -> None:
    cloud.create_group(spec())
    asg.update_auto_scaling_group(AutoScalingGroupName="web", **change)
    assert described(asg)["DesiredCapacity"] == desired


def test_a_new_size_is_a_wish_until_the_next_tick(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    asg.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=5)
    assert len(described(asg)["Instances"]) == 3
    cloud.tick()
    assert [i["LifecycleState"] for i in described(asg)["Instances"]].count("Pending") == 2


def test_members_that_moto_drops_are_stored_and_returned(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    given: dict[str, Any] = {
        "AvailabilityZoneImpairmentPolicy": {
            "ZonalShiftEnabled": True,
            "ImpairedZoneHealthCheckBehavior": "IgnoreUnhealthy",
        },
        "AvailabilityZoneDistribution": {"CapacityDistributionStrategy": "balanced-only"},
        "CapacityRebalance": True,
        "TerminationPolicies": ["OldestInstance"],
        "DefaultCooldown": 17,
        "MaxInstanceLifetime": 86400,
        "InstanceMaintenancePolicy": {"MinHealthyPercentage": 90, "MaxHealthyPercentage": 110},
    }
    asg.update_auto_scaling_group(AutoScalingGroupName="web", **given)
    group = described(asg)
    assert {name: group[name] for name in given} == given
    asg.update_auto_scaling_group(AutoScalingGroupName="web", CapacityRebalance=False)
    group = described(asg)
    assert group["CapacityRebalance"] is False
    assert group["MaxInstanceLifetime"] == 86400


def test_zone_ids_stand_beside_zone_names(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec(zones=ALL_ZONES))
    group = described(asg)
    assert dict(zip(group["AvailabilityZones"], group["AvailabilityZoneIds"], strict=True)) == {
        "us-east-1a": "use1-az6",
        "us-east-1b": "use1-az1",
        "us-east-1c": "use1-az2",
    }
    assert {i["AvailabilityZone"]: i["AvailabilityZoneId"] for i in group["Instances"]} == {
        "us-east-1a": "use1-az6",
        "us-east-1b": "use1-az1",
        "us-east-1c": "use1-az2",
    }


def test_a_group_says_when_it_was_created_in_the_worlds_time(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    assert described(asg)["CreatedTime"] == cloud.now()


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("update_auto_scaling_group", {"MaxSize": 3}),
        ("set_desired_capacity", {"DesiredCapacity": 1}),
        ("suspend_processes", {}),
        ("resume_processes", {}),
        ("delete_auto_scaling_group", {}),
        ("set_instance_protection", {"InstanceIds": ["i-1"], "ProtectedFromScaleIn": True}),
        ("enter_standby", {"ShouldDecrementDesiredCapacity": True, "InstanceIds": ["i-1"]}),
        ("describe_load_balancer_target_groups", {}),
        ("describe_scaling_activities", {}),
    ],
)
def test_a_group_that_does_not_exist_is_a_validation_error(
    asg: Any, operation: str, params: dict[str, Any]
) -> None:
    status, code, message = refused(
        getattr(asg, operation), AutoScalingGroupName="nobody", **params
    )
    assert (status, code) == (400, "ValidationError")
    assert "AutoScalingGroup name not found" in message


def test_a_group_made_by_a_client_behaves_like_a_seeded_one(
    asg: Any, ec2: Any, cloud: Cloud
) -> None:
    template = ec2.create_launch_template(
        LaunchTemplateName="own",
        LaunchTemplateData={"ImageId": "ami-1", "InstanceType": "c5.large"},
    )["LaunchTemplate"]["LaunchTemplateId"]
    asg.create_auto_scaling_group(
        AutoScalingGroupName="own",
        MinSize=0,
        MaxSize=9,
        DesiredCapacity=6,
        LaunchTemplate={"LaunchTemplateId": template},
        VPCZoneIdentifier=",".join(cloud.subnets()[zone] for zone in ALL_ZONES),
        CapacityRebalance=True,
    )
    assert described(asg, "own")["Instances"] == []
    assert described(asg, "own")["CapacityRebalance"] is True
    cloud.tick()
    zones = [i["AvailabilityZone"] for i in described(asg, "own")["Instances"]]
    assert {zone: zones.count(zone) for zone in ALL_ZONES} == dict.fromkeys(ALL_ZONES, 2)
    assert described(asg, "own")["Instances"][0]["InstanceType"] == "c5.large"
