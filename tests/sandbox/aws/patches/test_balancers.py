from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sopctl.sandbox.aws.cloud import Cloud
from tests.sandbox.aws.groups import refused, spec

A, B = "us-east-1a", "us-east-1b"
Run = Callable[[float], None]


@pytest.fixture
def elb(front: Any, clients: Callable[[str], Any]) -> Any:
    return clients("elbv2")


@pytest.fixture
def targets(elb: Any, asg: Any, cloud: Cloud) -> str:
    """The ARN of a target group behind a balancer in zones a and b, with a group over both."""
    subnets = [cloud.subnets()[zone] for zone in (A, B)]
    balancer = elb.create_load_balancer(Name="shop", Subnets=subnets)["LoadBalancers"][0]
    vpc = balancer["VpcId"]
    made = elb.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc)
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
    )
    cloud.create_group(spec(zones=(A, B), desired=2))
    asg.attach_load_balancer_target_groups(AutoScalingGroupName="web", TargetGroupARNs=[arn])
    return str(arn)


def health(elb: Any, arn: str) -> dict[str, tuple[str, str]]:
    found = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return {
        each["Target"]["Id"]: (
            each["TargetHealth"]["State"],
            each["TargetHealth"].get("Reason", ""),
        )
        for each in found
    }


def test_targets_are_checked_before_they_are_healthy_and_drain_before_they_are_gone(
    elb: Any, cloud: Cloud, targets: str, run: Run
) -> None:
    run(10)
    assert set(health(elb, targets).values()) == {("initial", "Elb.InitialHealthChecking")}
    run(30)
    assert set(health(elb, targets).values()) == {("healthy", "")}
    gone = cloud.group("web").instances[0].id
    cloud.terminate(gone)
    run(10)
    assert health(elb, targets)[gone] == ("draining", "Target.DeregistrationInProgress")
    run(310)
    assert gone not in health(elb, targets)


def test_targets_in_a_failed_zone_are_unhealthy_and_well_again_after_it(
    elb: Any, asg: Any, cloud: Cloud, targets: str, run: Run
) -> None:
    asg.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["ReplaceUnhealthy"])
    run(60)
    dead, alive = (
        next(i.id for i in cloud.group("web").instances if i.zone == zone) for zone in (A, B)
    )
    cloud.fail_instances(A)
    run(30)
    assert health(elb, targets) == {dead: ("unhealthy", "Target.Timeout"), alive: ("healthy", "")}
    cloud.heal_instances(A)
    assert health(elb, targets)[dead] == ("healthy", "")


def test_a_group_that_may_not_add_to_its_balancer_does_not(
    elb: Any, asg: Any, cloud: Cloud, targets: str, run: Run
) -> None:
    asg.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["AddToLoadBalancer"])
    cloud.set_desired("web", 3)
    run(60)
    assert len(health(elb, targets)) == 2
    asg.resume_processes(AutoScalingGroupName="web", ScalingProcesses=["AddToLoadBalancer"])
    run(10)
    assert len(health(elb, targets)) == 3


def test_a_zone_taken_from_the_balancer_is_not_in_use(
    elb: Any, cloud: Cloud, targets: str, run: Run
) -> None:
    run(60)
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    subnets = [cloud.subnets()[zone] for zone in (B, "us-east-1c")]
    changed = elb.set_subnets(LoadBalancerArn=balancer, Subnets=subnets)["AvailabilityZones"]
    assert {zone["ZoneName"] for zone in changed} == {B, "us-east-1c"}
    out = next(i.id for i in cloud.group("web").instances if i.zone == A)
    assert health(elb, targets)[out] == ("unused", "Target.NotInUse")
    assert refused(elb.set_subnets, LoadBalancerArn=balancer, Subnets=subnets[:1])[0] == 400


def test_attributes_are_those_of_the_type_with_its_defaults(elb: Any, cloud: Cloud) -> None:
    subnets = [cloud.subnets()[zone] for zone in (A, B)]
    seen = {}
    for kind in ("application", "network"):
        made = elb.create_load_balancer(Name=kind, Type=kind, Subnets=subnets)["LoadBalancers"][0]
        arn = made["LoadBalancerArn"]
        listed = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        seen[kind] = (arn, {each["Key"]: each["Value"] for each in listed})
    assert "loadbalancer/net/network/" in seen["network"][0]
    key = "load_balancing.cross_zone.enabled"
    assert [seen[kind][1][key] for kind in ("application", "network")] == ["true", "false"]
    assert {seen[kind][1]["zonal_shift.config.enabled"] for kind in seen} == {"false"}

    def change(name: str, value: str) -> tuple[int, str, str]:
        attributes = [{"Key": name, "Value": value}]
        call = elb.modify_load_balancer_attributes
        return refused(call, LoadBalancerArn=seen["network"][0], Attributes=attributes)

    assert change("zonal_shift", "true")[1:] == (
        "ValidationError",
        "Load balancer attribute key 'zonal_shift' is not recognized",
    )
    assert change("idle_timeout.timeout_seconds", "60")[1] == "InvalidConfigurationRequest"
    assert change("zonal_shift.config.enabled", "yes")[1] == "ValidationError"


@pytest.mark.parametrize("kind", ["application", "network"])
def test_a_balancer_is_made_with_the_tags_it_is_given(elb: Any, cloud: Cloud, kind: str) -> None:
    tags = [{"Key": "elbv2.k8s.aws/cluster", "Value": "sandbox"}]
    made = elb.create_load_balancer(
        Name="edge", Type=kind, Subnets=list(cloud.subnets().values()), Tags=tags
    )
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    (found,) = elb.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    assert (found["ResourceArn"], found["Tags"]) == (arn, tags)
