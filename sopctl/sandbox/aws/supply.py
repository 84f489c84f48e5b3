"""What EC2 has to sell: pools of a depth, by zone, instance type and market.

Source: EC2 user guide, "Spot Instances" (a pool is a set of unused instances of one type in one
zone), "Troubleshoot instance launch issues"; Auto Scaling user guide, "Troubleshoot Amazon EC2
Auto Scaling: EC2 instance launch failures".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

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

    def room(self, pool: Pool) -> float:
        """How many more instances *pool* can take; infinite unless it has a depth."""
        if not self.launchable(pool.zone):
            return 0
        depth = self.depths.get(pool)
        return float("inf") if depth is None else max(0, depth - len(self.taken(pool)))

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
