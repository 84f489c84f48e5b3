"""What EC2 has to sell: pools of a depth, by zone, instance type and market.

Source: EC2 user guide, "Spot Instances" (a pool is a set of unused instances of one type in one
zone), "Troubleshoot instance launch issues"; Auto Scaling user guide, "Troubleshoot Amazon EC2
Auto Scaling: EC2 instance launch failures".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.ec2.models.instances import Instance

from sopctl.sandbox.aws.patches.instances import SHUTTING_DOWN, TERMINATED

Market = Literal["spot", "on-demand"]

NO_CAPACITY = (
    "We currently do not have sufficient {type} capacity in the Availability Zone you requested "
    "({zone}). Our system will be working on provisioning additional capacity. You can currently "
    "get {type} capacity by not specifying an Availability Zone in your request or choosing "
    "{others}. Launching EC2 instance failed."
)
NO_SPOT = (
    "Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot capacity "
    "available that matches your request. Launching EC2 instance failed."
)
QUOTA = (
    "You have requested more vCPU capacity than your current vCPU limit of {limit} allows for the "
    "instance bucket that the specified instance type belongs to. Please visit "
    "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit. "
    "Launching EC2 instance failed."
)
SPOT_QUOTA = (
    "Could not launch Spot Instances. MaxSpotInstanceCountExceeded - Max spot instance count "
    "exceeded. Launching EC2 instance failed."
)
# vCPUs of each market, enough for any drill until somebody lowers it.
VCPUS = 16_384.0
# Code of the quota -> the market it limits.
QUOTAS: Mapping[str, Market] = {"L-1216C47A": "on-demand", "L-34B43A08": "spot"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Machines of one *type* in one *zone* (by name), sold in one *market*."""

    zone: str
    type: str
    market: Market = "spot"


@dataclass(slots=True, kw_only=True)
class Supply:
    """Where and how much can be launched now.

    *launchable* says whether a zone takes launches at all; a pool without a depth is bottomless.
    ``instances`` lists what runs, of which a pool's depth counts those of the pool.
    """

    zones: tuple[str, ...]
    instances: Callable[[], Iterable[Instance]]
    launchable: Callable[[str], bool]
    depths: dict[Pool, int] = field(default_factory=dict)
    # The zones (by name) whose machines come up dead.
    failed: set[str] = field(default_factory=set)
    quotas: dict[Market, float] = field(default_factory=lambda: {"on-demand": VCPUS, "spot": VCPUS})

    def room(self, pool: Pool) -> float:
        """How many more instances *pool* can take; infinite unless it has a depth."""
        if not self.launchable(pool.zone):
            return 0
        if self._exceeds_quota(pool):
            return 0
        depth = self.depths.get(pool)
        return float("inf") if depth is None else max(0, depth - len(self.taken(pool)))

    def used(self, market: Market) -> int:
        """The vCPUs that run in *market*, which its quota counts."""
        spot = market == "spot"
        return sum(
            vcpus(instance.instance_type)
            for instance in self.instances()
            if (instance.lifecycle == "spot") == spot and instance.state_code < SHUTTING_DOWN
        )

    def _exceeds_quota(self, pool: Pool) -> bool:
        return self.used(pool.market) + vcpus(pool.type) > self.quotas[pool.market]

    def taken(self, pool: Pool) -> list[Instance]:
        """The instances that run in *pool*, oldest first."""
        found = [
            instance
            for instance in self.instances()
            if pool_of(instance) == pool and instance.state_code < SHUTTING_DOWN
        ]
        return sorted(found, key=lambda instance: (instance.launch_time, instance.id))

    def refusal(self, pool: Pool) -> str:
        """The status message of a launch into *pool* that has no room."""
        if self.launchable(pool.zone) and self._exceeds_quota(pool):
            limit = f"{self.quotas[pool.market]:.0f}"
            return SPOT_QUOTA if pool.market == "spot" else QUOTA.format(limit=limit)
        if pool.market == "spot":
            return NO_SPOT
        others = [
            zone
            for zone in self.zones
            if zone != pool.zone and self.room(Pool(zone=zone, type=pool.type, market="on-demand"))
        ]
        return NO_CAPACITY.format(type=pool.type, zone=pool.zone, others=", ".join(others))


def pool_of(instance: Instance) -> Pool:
    """The pool that *instance* was taken from."""
    return Pool(
        zone=str(instance.placement.zone),
        type=instance.instance_type,
        market="spot" if instance.lifecycle == "spot" else "on-demand",
    )


def runs(instance: Instance) -> bool:
    """Whether *instance* is still a machine, if one that is on its way out."""
    return bool(instance.state_code != TERMINATED)


@cache
def vcpus(instance_type: str) -> int:
    """The vCPUs of a type; 2 for one that is not known."""
    known = INSTANCE_TYPES.get(instance_type, {})
    return int(known.get("VCpuInfo", {}).get("DefaultVCpus", 2))
