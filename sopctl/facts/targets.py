"""Target groups of load balancers, and which of their targets are healthy.

Source: ELB API reference, DescribeTargetGroups (by load balancer), DescribeTargetHealth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sopctl.core.errors import NotFoundError
from sopctl.facts.balancers import Balancer
from sopctl.providers.aws import Aws


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """*id* of an instance or an address; *zone* only where the API says it (addresses)."""

    id: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    name: str
    healthy: tuple[Registered, ...]


def read(aws: Aws, balancers: Iterable[Balancer]) -> tuple[TargetGroup, ...]:
    """The target groups of *balancers*, by name; two calls for each."""
    pages = aws.together([lambda b=each: _behind(aws, b) for each in balancers])  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    raw = {each["TargetGroupArn"]: each for page in pages for each in page}
    asks = [
        lambda arn=arn: aws.read("elbv2", "describe_target_health", TargetGroupArn=arn)
        for arn in raw
    ]
    found = [
        TargetGroup(name=str(group["TargetGroupName"]), healthy=_healthy(answer))
        for group, answer in zip(raw.values(), aws.together(asks), strict=True)
    ]
    return tuple(sorted(found, key=lambda each: each.name))


def _behind(aws: Aws, balancer: Balancer) -> list[Mapping[str, Any]]:
    """Of a balancer without any, ELB says that it does not find them."""
    try:
        return aws.pages(
            "elbv2", "describe_target_groups", "TargetGroups", LoadBalancerArn=balancer.arn
        )
    except NotFoundError:
        return []


def _healthy(answer: Mapping[str, Any]) -> tuple[Registered, ...]:
    return tuple(
        Registered(
            id=str(each["Target"]["Id"]), zone=str(each["Target"].get("AvailabilityZone") or "")
        )
        for each in answer.get("TargetHealthDescriptions", ())
        if each["TargetHealth"]["State"] == "healthy"
    )
