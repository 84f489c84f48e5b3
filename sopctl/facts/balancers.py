"""Application and network load balancers, and which of them belong to the cluster."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sopctl.core.errors import NotFoundError
from sopctl.providers.aws import Aws
from sopctl.providers.k8s import K8s

CONTROLLER_TAG = "elbv2.k8s.aws/cluster"  # value: the cluster; set by the load balancer controller
BINDINGS = "/apis/elbv2.k8s.aws/v1beta1/targetgroupbindings"
TAGS_PER_CALL = 20  # DescribeTags of elbv2 takes 20 ARNs
_KINDS = ("application", "network")


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    """*kind* is application or network; *zones* are names."""

    arn: str
    name: str
    kind: str
    zones: tuple[str, ...]


def read(aws: Aws, k8s: K8s, cluster: str, attached: Collection[str]) -> tuple[Balancer, ...]:
    """The load balancers of *cluster*, sorted by name.

    Those that carry its tag, or that have a target group which an Auto Scaling group of the cluster
    is attached to (*attached*, ARNs) or a TargetGroupBinding names. Raises a ProviderError.
    Source: AWS Load Balancer Controller, "Resource tags" and "TargetGroupBinding".
    """
    raw = aws.pages("elbv2", "describe_load_balancers", "LoadBalancers")
    found = [each for each in raw if each.get("Type") in _KINDS]
    targets = {*attached, *_bound(k8s)}
    serving = _serving(aws, targets) if targets else frozenset()
    tagged = _tagged(aws, [each["LoadBalancerArn"] for each in found], cluster)
    mine = [each for each in found if each["LoadBalancerArn"] in serving | tagged]
    return tuple(sorted(map(_balancer, mine), key=lambda each: (each.name, each.arn)))


def _balancer(raw: Mapping[str, Any]) -> Balancer:
    return Balancer(
        arn=raw["LoadBalancerArn"],
        name=raw["LoadBalancerName"],
        kind=raw["Type"],
        zones=tuple(sorted(each["ZoneName"] for each in raw.get("AvailabilityZones") or ())),
    )


def _bound(k8s: K8s) -> frozenset[str]:
    """Target groups that objects of the load balancer controller name; none without it."""
    try:
        bindings = k8s.list(BINDINGS)
    except NotFoundError:
        return frozenset()
    return frozenset(each.get("spec", {}).get("targetGroupARN", "") for each in bindings)


def _serving(aws: Aws, targets: Collection[str]) -> frozenset[str]:
    """The load balancers that send to any of *targets*."""
    groups = aws.pages("elbv2", "describe_target_groups", "TargetGroups")
    mine = (each for each in groups if each["TargetGroupArn"] in targets)
    return frozenset(arn for each in mine for arn in each.get("LoadBalancerArns") or ())


def _tagged(aws: Aws, arns: Sequence[str], cluster: str) -> frozenset[str]:
    if not cluster:
        return frozenset()
    chunks = [arns[at : at + TAGS_PER_CALL] for at in range(0, len(arns), TAGS_PER_CALL)]
    asks = [
        lambda some=chunk: aws.read("elbv2", "describe_tags", ResourceArns=list(some))
        for chunk in chunks
    ]
    found = (each for answer in aws.together(asks) for each in answer["TagDescriptions"])
    return frozenset(each["ResourceArn"] for each in found if _names(each["Tags"], cluster))


def _names(tags: Sequence[Mapping[str, str]], cluster: str) -> bool:
    said = {each["Key"]: each.get("Value", "") for each in tags}
    return said.get(CONTROLLER_TAG) == cluster or f"kubernetes.io/cluster/{cluster}" in said
