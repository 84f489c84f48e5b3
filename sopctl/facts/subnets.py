"""Subnets: in which zone they are, and how many addresses are left.

Source: EC2 API reference, DescribeSubnets (AvailableIpAddressCount).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sopctl.providers.aws import Aws


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    id: str
    zone: str
    free: int


def read(aws: Aws, ids: Iterable[str]) -> tuple[Subnet, ...]:
    """The subnets *ids*, by id; one that is gone is left out, none at all asks nothing."""
    wanted = sorted(set(ids) - {""})
    if not wanted:
        return ()
    filters = [{"Name": "subnet-id", "Values": wanted}]
    found = aws.pages("ec2", "describe_subnets", "Subnets", Filters=filters)
    subnets = [
        Subnet(
            id=each["SubnetId"],
            zone=each["AvailabilityZone"],
            free=int(each["AvailableIpAddressCount"]),
        )
        for each in found
    ]
    return tuple(sorted(subnets, key=lambda each: each.id))
