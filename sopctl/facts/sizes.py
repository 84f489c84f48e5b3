"""How large instances of a type are.

Source: EC2 API reference, DescribeInstanceTypes; EKS, "Amazon VPC CNI", pods per node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sopctl.providers.aws import Aws

PER_CALL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """*memory* in MiB; *pods*: those with an address of their own, where each takes one."""

    vcpus: int
    memory: int
    architectures: tuple[str, ...]
    pods: int


def read(aws: Aws, types: Iterable[str]) -> Mapping[str, Size]:
    """The size of each of *types*; one that does not exist here is left out.

    Asked by filter, because a call by names fails as a whole for one that is unknown.
    """
    wanted = sorted(set(types))
    chunks = [wanted[start : start + PER_CALL] for start in range(0, len(wanted), PER_CALL)]
    pages = aws.together([lambda c=each: _ask(aws, c) for each in chunks])  # type: ignore[misc]  # mypy cannot infer a lambda with a default
    return {each["InstanceType"]: _size(each) for page in pages for each in page}


def _ask(aws: Aws, types: list[str]) -> list[Mapping[str, Any]]:
    filters = [{"Name": "instance-type", "Values": types}]
    return aws.pages("ec2", "describe_instance_types", "InstanceTypes", Filters=filters)


def _size(raw: Mapping[str, Any]) -> Size:
    network = raw.get("NetworkInfo") or {}
    interfaces = int(network.get("MaximumNetworkInterfaces") or 0)
    addresses = int(network.get("Ipv4AddressesPerInterface") or 0)
    return Size(
        vcpus=int(raw["VCpuInfo"]["DefaultVCpus"]),
        memory=int(raw["MemoryInfo"]["SizeInMiB"]),
        architectures=tuple(sorted(raw["ProcessorInfo"]["SupportedArchitectures"])),
        pods=interfaces * max(0, addresses - 1) + 2 if interfaces else 0,
    )
