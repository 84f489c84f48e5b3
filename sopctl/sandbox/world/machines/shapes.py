"""What an instance type gives to pods (EC2 instance types, eni-max-pods.txt)."""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.sandbox.world.ports import Obj


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """vCPUs, memory in GiB and the pods that the VPC CNI has addresses for."""

    cpus: int
    gib: int
    pods: int


_SHAPES = {
    "c5.xlarge": Shape(cpus=4, gib=8, pods=58),
    "c5.2xlarge": Shape(cpus=8, gib=16, pods=58),
    "c6i.2xlarge": Shape(cpus=8, gib=16, pods=58),
    "m5.large": Shape(cpus=2, gib=8, pods=29),
    "m5.xlarge": Shape(cpus=4, gib=16, pods=58),
    "m5.2xlarge": Shape(cpus=8, gib=32, pods=58),
    "m5a.xlarge": Shape(cpus=4, gib=16, pods=58),
    "m6i.xlarge": Shape(cpus=4, gib=16, pods=58),
    "r5.large": Shape(cpus=2, gib=16, pods=29),
    "r5.xlarge": Shape(cpus=4, gib=32, pods=58),
}
_UNKNOWN = _SHAPES["m5.xlarge"]  # a type nobody listed behaves like the common one
_RESERVED_CPU = 80  # millicores, as the EKS bootstrap script reserves them
_RESERVED_MIB = 993


def shape(instance_type: str) -> Shape:
    """Return the shape of an instance type."""
    return _SHAPES.get(instance_type, _UNKNOWN)


def capacity(instance_type: str) -> Obj:
    """Return `status.capacity` of a node."""
    found = shape(instance_type)
    return {
        "cpu": str(found.cpus),
        "memory": f"{found.gib * 1024 * 1024}Ki",
        "pods": str(found.pods),
        "ephemeral-storage": "83873772Ki",
    }


def allocatable(instance_type: str) -> Obj:
    """Return `status.allocatable`: the capacity without what is reserved for the system."""
    found = shape(instance_type)
    return {
        "cpu": f"{found.cpus * 1000 - _RESERVED_CPU}m",
        "memory": f"{(found.gib * 1024 - _RESERVED_MIB) * 1024}Ki",
        "pods": str(found.pods),
        "ephemeral-storage": "76224326324",
    }
