from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sopctl.sandbox.aws.front import AwsFront
from sopctl.sandbox.aws.protocol import Request
from sopctl.sandbox.aws.throttle import DOCUMENTED, Limit, Throttle
from tests.sandbox.aws.conftest import START
from tests.sandbox.aws.groups import refused


def call(operation: str, service: str = "ec2", body: bytes = b"Filter.1.Name=state") -> Request:
    return Request(
        method="POST",
        target="/",
        headers={},
        body=body,
        service=service,
        operation=operation,
        protocol="ec2",
        access_key="key",
    )


def admitted(throttle: Throttle, request: Request, seconds: float = 0) -> int:
    """How many calls in a row are let through."""
    moment = START + timedelta(seconds=seconds)
    count = 0
    while throttle.admits(request, moment):
        count += 1
    return count


def test_every_operation_of_ec2_has_a_bucket_of_its_own_and_refills() -> None:
    """EC2 developer guide, "Request throttling": 100 tokens, 20 a second, for filtered reads."""
    throttle = Throttle(DOCUMENTED)
    assert admitted(throttle, call("DescribeSubnets")) == 100
    assert admitted(throttle, call("DescribeVpcs")) == 100
    assert admitted(throttle, call("DescribeSubnets"), seconds=0.5) == 10
    assert admitted(throttle, call("DescribeSubnets"), seconds=600) == 100


@pytest.mark.parametrize(
    ("request_", "size"),
    [
        (call("DescribeInstances", body=b""), 50),
        (call("DescribeInstances", body=b"MaxResults=5"), 100),
        (call("CreateTags"), 50),
        (call("RunInstances"), 5),
        (call("LookupEvents", service="cloudtrail"), 2),
    ],
    ids=["unfiltered", "paged", "writes", "launches", "look-ups"],
)
def test_each_kind_of_call_has_its_size(request_: Request, size: int) -> None:
    assert admitted(Throttle(DOCUMENTED), request_) == size


def test_auto_scaling_shares_one_bucket_between_all_its_operations() -> None:
    """Auto Scaling API reference, "API request rate"."""
    throttle = Throttle(DOCUMENTED)
    assert admitted(throttle, call("DescribeTags", service="autoscaling")) > 1
    assert admitted(throttle, call("SuspendProcesses", service="autoscaling")) == 0


def test_refusals_are_worded_as_each_service_does_and_limits_are_off_at_first(
    front: AwsFront, asg: Any, ec2: Any
) -> None:
    for _ in range(2):
        asg.describe_scaling_process_types()
    front.cloud.throttle = Throttle([Limit(service="*", operation="Describe*", size=1, refill=1)])
    asg.describe_scaling_process_types()
    ec2.describe_vpcs()
    assert refused(asg.describe_scaling_process_types) == (400, "Throttling", "Rate exceeded")
    assert refused(ec2.describe_vpcs)[:2] == (503, "RequestLimitExceeded")
    front.cloud.throttle = Throttle()
