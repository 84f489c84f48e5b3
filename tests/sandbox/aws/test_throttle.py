from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sopctl.sandbox.aws.front import AwsFront
from sopctl.sandbox.aws.throttle import DOCUMENTED, Limit, Throttle
from tests.sandbox.aws.groups import refused


@pytest.fixture
def throttled(front: AwsFront) -> Iterator[AwsFront]:
    front.throttle = Throttle(DOCUMENTED)
    yield front
    front.throttle = Throttle()


def test_every_operation_of_ec2_has_a_bucket_of_its_own_and_refills(
    throttled: AwsFront, ec2: Any, watch: Any
) -> None:
    """EC2 developer guide, "Request throttling": 100 tokens, 20 a second, for filtered reads."""
    only = [{"Name": "state", "Values": ["available"]}]
    for _ in range(100):
        ec2.describe_subnets(Filters=only)
    assert refused(ec2.describe_subnets, Filters=only)[:2] == (503, "RequestLimitExceeded")
    ec2.describe_vpcs(Filters=only)
    watch.advance(0.5)
    for _ in range(10):
        ec2.describe_subnets(Filters=only)
    assert refused(ec2.describe_subnets, Filters=only)[0] == 503


def test_unfiltered_reads_of_ec2_have_the_smaller_bucket(throttled: AwsFront, ec2: Any) -> None:
    for _ in range(50):
        ec2.describe_availability_zones()
    assert refused(ec2.describe_availability_zones)[1] == "RequestLimitExceeded"


def test_auto_scaling_shares_one_bucket_between_all_its_operations(
    throttled: AwsFront, asg: Any, watch: Any
) -> None:
    """Auto Scaling API reference, "API request rate"."""
    for _ in range(25):
        asg.describe_auto_scaling_groups()
        asg.describe_tags()
    status, code, message = refused(asg.describe_scaling_process_types)
    assert (status, code, message) == (400, "Throttling", "Rate exceeded")
    watch.advance(1)
    asg.describe_scaling_process_types()


def test_limits_are_the_worlds_to_choose_and_off_at_first(front: AwsFront, asg: Any) -> None:
    for _ in range(60):
        asg.describe_scaling_process_types()
    front.throttle = Throttle([Limit(service="*", operation="Describe*", size=1, refill=1)])
    asg.describe_scaling_process_types()
    assert refused(asg.describe_scaling_process_types)[1] == "Throttling"
    front.throttle = Throttle()
