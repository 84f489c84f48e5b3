"""Prints which gaps plain moto has, as JSON: {gap: true or false}. Run as a program."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

os.environ.update(
    MOTO_EC2_LOAD_DEFAULT_AMIS="false",
    AWS_ACCESS_KEY_ID="x",
    AWS_SECRET_ACCESS_KEY="x",
    AWS_DEFAULT_REGION="us-east-1",
)
os.environ.pop("AWS_PROFILE", None)

import boto3  # the environment comes first
from moto import mock_aws  # the environment comes first
from moto.autoscaling.models import FakeAutoScalingGroup


def fails(call: Callable[..., Any], **params: Any) -> bool:
    try:
        call(**params)
    except Exception:  # noqa: BLE001  # plain moto lets KeyError and worse through
        return True
    return False


def crashes(call: Callable[..., Any], **params: Any) -> bool:
    """Whether the call is answered by something that is no AWS error."""
    try:
        call(**params)
    except Exception as error:  # noqa: BLE001  # plain moto lets KeyError and worse through
        return not hasattr(error, "response")
    return False


class Probe:
    """Plain moto with a launch template and three subnets."""

    def __init__(self) -> None:
        self.asg, self.ec2 = boto3.client("autoscaling"), boto3.client("ec2")
        self.template = self.ec2.create_launch_template(
            LaunchTemplateName="t",
            LaunchTemplateData={"ImageId": "ami-1", "InstanceType": "m5.large"},
        )["LaunchTemplate"]["LaunchTemplateId"]
        self.subnets = [s["SubnetId"] for s in self.ec2.describe_subnets()["Subnets"]][:3]

    def create(self, name: str, **more: Any) -> None:
        launch = {"LaunchTemplate": {"LaunchTemplateId": self.template}}
        self.asg.create_auto_scaling_group(
            AutoScalingGroupName=name,
            MinSize=0,
            MaxSize=9,
            DesiredCapacity=3,
            VPCZoneIdentifier=",".join(self.subnets),
            **(more or launch),
        )

    def get(self, name: str) -> Any:
        return self.asg.describe_auto_scaling_groups(AutoScalingGroupNames=[name])[
            "AutoScalingGroups"
        ][0]

    def writing(self) -> dict[str, bool]:
        asg, group = self.asg, {"AutoScalingGroupName": "g"}
        self.create("g")
        asg.suspend_processes(**group, ScalingProcesses=["Launch"])
        asg.update_auto_scaling_group(**group, CapacityRebalance=True)
        tag = {"ResourceId": "g", "ResourceType": "auto-scaling-group", "Value": "x"}
        tags = [{**tag, "Key": f"aws:{n}", "PropagateAtLaunch": False} for n in range(60)]
        bogus = ["Lunch"]
        return {
            "zones": len({i["AvailabilityZone"] for i in self.get("g")["Instances"]}) == 1,
            "duplicate": not fails(self.create, name="g"),
            "missing group": crashes(asg.suspend_processes, AutoScalingGroupName="nobody"),
            "sizes": not fails(asg.set_desired_capacity, **group, DesiredCapacity=99),
            "process names": not fails(asg.suspend_processes, **group, ScalingProcesses=bogus),
            "members": self.get("g")["CapacityRebalance"] is False,
            "tags": not fails(asg.create_or_update_tags, Tags=tags),
            "keeping": bool(FakeAutoScalingGroup.instances_tracked),
        }

    def reading(self) -> dict[str, bool]:
        asg, groups = self.asg, self.asg.describe_auto_scaling_groups
        self.create("r")
        asg.suspend_processes(AutoScalingGroupName="r", ScalingProcesses=["Launch"])
        lean = groups(IncludeInstances=False)["AutoScalingGroups"][0]
        spot = [{"Name": "instance-lifecycle", "Values": ["spot"]}]
        caller = boto3.client("sts").get_caller_identity()
        return {
            "reason": self.get("r")["SuspendedProcesses"][0]["SuspensionReason"] == "",
            "process types": fails(asg.describe_scaling_process_types),
            "activities": asg.describe_scaling_activities()["Activities"] == [],
            "records": crashes(groups, MaxRecords=500),
            "token": crashes(groups, NextToken="bogus"),
            "filter": not fails(groups, Filters=[{"Name": "zone", "Values": ["a"]}]),
            "instances": bool(lean["Instances"]),
            "caller": caller["Arn"].endswith(":user/moto"),
            "lifecycle filter": crashes(self.ec2.describe_instances, Filters=spot),
        }

    def buying(self) -> dict[str, bool]:
        only = {"OnDemandPercentageAboveBaseCapacity": 0}
        launch = {
            "LaunchTemplateSpecification": {"LaunchTemplateId": self.template},
            "Overrides": [{"InstanceType": "m5.large"}],
        }
        self.create(
            "m", MixedInstancesPolicy={"LaunchTemplate": launch, "InstancesDistribution": only}
        )
        bought = self.get("m")["Instances"][0]["InstanceId"]
        found = self.ec2.describe_instances(InstanceIds=[bought])["Reservations"][0]["Instances"]
        update, group = self.asg.update_auto_scaling_group, {"AutoScalingGroupName": "m"}
        part = {"InstancesDistribution": {"OnDemandBaseCapacity": 1}}
        distribution = crashes(update, **group, MixedInstancesPolicy=part)
        update(**group, MaxSize=8)
        return {
            "spot": "InstanceLifecycle" not in found[0],
            "placement": "AvailabilityZoneId" not in found[0]["Placement"],
            "distribution": distribution,
            "policy": "MixedInstancesPolicy" not in self.get("m"),
        }

    def leaving(self) -> dict[str, bool]:
        """What happens to instances that are ended, waited for, or put aside."""
        asg, group = self.asg, {"AutoScalingGroupName": "l"}
        self.create("l")
        first, _, third = (i["InstanceId"] for i in self.get("l")["Instances"])
        hook = {**group, "LifecycleHookName": "h"}
        asg.put_lifecycle_hook(**hook, LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING")
        proceed = {"LifecycleActionResult": "CONTINUE", "InstanceId": first}
        asg.update_auto_scaling_group(**group, MinSize=3)
        down = {"ShouldDecrementDesiredCapacity": True, **group}
        below = not fails(asg.enter_standby, InstanceIds=[first], **down)
        self.ec2.terminate_instances(InstanceIds=[third])
        ended = self.ec2.describe_instances(InstanceIds=[third])["Reservations"][0]["Instances"][0]
        return {
            "hooks": fails(asg.complete_lifecycle_action, **hook, **proceed),
            "standby": below,
            "ending": ended["State"]["Name"] == "terminated",
        }

    def balancing(self) -> dict[str, bool]:
        elb = boto3.client("elbv2")
        made = elb.create_load_balancer(Name="n", Type="network", Subnets=self.subnets)
        arn, vpc = (made["LoadBalancers"][0][name] for name in ("LoadBalancerArn", "VpcId"))
        targets = elb.create_target_group(Name="t", Protocol="TCP", Port=1, VpcId=vpc)
        group = {"TargetGroupArn": targets["TargetGroups"][0]["TargetGroupArn"]}
        self.create("b")
        instance = self.get("b")["Instances"][0]["InstanceId"]
        elb.register_targets(**group, Targets=[{"Id": instance}])
        health = elb.describe_target_health(**group)["TargetHealthDescriptions"][0]
        odd = [{"Key": "zonal_shift.config.enabled", "Value": "perhaps"}]
        return {
            "target health": health["TargetHealth"]["State"] == "healthy",
            "balancer arn": "/app/" in arn,
            "balancer attributes": not fails(
                elb.modify_load_balancer_attributes, LoadBalancerArn=arn, Attributes=odd
            ),
        }

    def beside(self) -> dict[str, bool]:
        """Services that moto has not, or only half."""
        entry = {"Source": "aws.ec2", "DetailType": "t", "Detail": "{}"}
        role = {"RoleArn": "arn:aws:iam::123456789012:role/nobody", "RoleSessionName": "ab"}
        user = {"PolicySourceArn": "arn:aws:iam::123456789012:user/x", "ActionNames": ["a:b"]}
        score = {"InstanceTypes": ["m5.large"], "TargetCapacity": 1}
        return {
            "event source": boto3.client("events").put_events(Entries=[entry])["FailedEntryCount"]
            == 0,
            "assumed role": not fails(boto3.client("sts").assume_role, **role),
            "simulation": crashes(boto3.client("iam").simulate_principal_policy, **user),
            "trail": crashes(boto3.client("cloudtrail").lookup_events),
            "scores": crashes(self.ec2.get_spot_placement_scores, **score),
        }


@mock_aws
def gaps() -> dict[str, bool]:
    probe = Probe()
    parts = (
        probe.writing,
        probe.reading,
        probe.buying,
        probe.leaving,
        probe.balancing,
        probe.beside,
    )
    return {name: gap for part in parts for name, gap in part().items()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(gaps()))
