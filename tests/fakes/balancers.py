"""Load balancers with targets, as a controller or Terraform would make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sopctl.sandbox.aws.eks import CLUSTER
from tests.local import Local


def aws(local: Local, service: str, operation: str, **params: object) -> Mapping[str, Any]:
    """One call as anybody might make it."""
    return local.world.aws._open().call(service, operation, params)


def serving(local: Local, name: str, group: str, seconds: int = 60) -> str:
    """A balancer of the cluster before the instances of *group*, *seconds* later; its ARN.

    Its target group has the same name.
    """
    subnets = [each["SubnetId"] for each in aws(local, "ec2", "describe_subnets")["Subnets"]]
    tags = [{"Key": "elbv2.k8s.aws/cluster", "Value": CLUSTER}]
    made = aws(local, "elbv2", "create_load_balancer", Name=name, Subnets=subnets, Tags=tags)
    balancer = made["LoadBalancers"][0]
    web = {"Name": name, "Protocol": "HTTP", "Port": 80, "VpcId": balancer["VpcId"]}
    target = aws(local, "elbv2", "create_target_group", **web)["TargetGroups"][0]["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": target}]
    front = {"LoadBalancerArn": balancer["LoadBalancerArn"], "Protocol": "HTTP", "Port": 80}
    aws(local, "elbv2", "create_listener", **front, DefaultActions=forward)
    given = {"AutoScalingGroupName": group, "TargetGroupARNs": [target]}
    aws(local, "autoscaling", "attach_load_balancer_target_groups", **given)
    for _ in range(seconds // 10):
        local.watch.sleep(10)
        local.cloud.tick()
    return str(balancer["LoadBalancerArn"])
