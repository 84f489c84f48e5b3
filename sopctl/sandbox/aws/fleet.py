"""What the world sees of the AWS half: zones, groups and their instances, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

LABEL_TAG = "k8s.io/cluster-autoscaler/node-template/label/"
TAINT_TAG = "k8s.io/cluster-autoscaler/node-template/taint/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """An availability zone by its account-dependent *name* and its physical *id*."""

    name: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A member of a group.

    ``state`` is the group's lifecycle state (``Pending``, ``InService``, ``Terminating``,
    ``Standby``), ``lifecycle`` is how it was bought (``spot`` or ``on-demand``), ``health`` is
    what the group believes (``Healthy`` or ``Unhealthy``); ``reachable`` is the truth.
    ``rebalance_at`` and ``interrupted_at`` say when EC2 recommended to replace a spot instance,
    and when it gave it two minutes, as the instance's metadata does.
    """

    id: str
    group: str
    zone: str
    type: str
    state: str
    lifecycle: str
    launched: datetime
    health: str
    reachable: bool
    protected: bool
    private_ip: str
    private_dns: str
    rebalance_at: datetime | None = None
    interrupted_at: datetime | None = None

    @property
    def provider_id(self) -> str:
        """The ``spec.providerID`` of its node, as the AWS cloud provider writes it."""
        return f"aws:///{self.zone}/{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An Auto Scaling group as it is now; ``tags`` are key -> (value, propagate at launch)."""

    name: str
    zones: tuple[str, ...]
    subnets: tuple[str, ...]
    min: int
    max: int
    desired: int
    tags: Mapping[str, tuple[str, bool]]
    suspended: frozenset[str]
    instances: tuple[Instance, ...]
    mixed: bool
    spot: bool
    instance_types: tuple[str, ...]

    @property
    def labels(self) -> dict[str, str]:
        """Node labels promised by the autoscaler's node-template tags."""
        return {
            key.removeprefix(LABEL_TAG): value
            for key, (value, _) in self.tags.items()
            if key.startswith(LABEL_TAG)
        }

    @property
    def taints(self) -> tuple[tuple[str, str, str], ...]:
        """(key, value, effect) by the node-template tags, whose value is ``value:Effect``."""
        found = []
        for key, (text, _) in sorted(self.tags.items()):
            if key.startswith(TAINT_TAG):
                value, _, effect = text.rpartition(":")
                found.append((key.removeprefix(TAINT_TAG), value, effect))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchOrder:
    """One instance to launch outside of any group."""

    zone: str
    type: str
    market: Literal["spot", "on-demand"]
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerSpec:
    """A load balancer of the cluster to create; *kind* is ``application`` or ``network``."""

    name: str
    kind: str
    zones: tuple[str, ...]
    zonal_shift: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSpec:
    """A group to create.

    ``spot`` buys everything above ``on_demand_base`` as spot through a mixed instances policy;
    several ``instance_types`` make a policy with overrides too. Otherwise a plain launch
    template is used.
    """

    name: str
    zones: tuple[str, ...]
    min: int
    max: int
    desired: int
    instance_types: tuple[str, ...] = ("m5.xlarge",)
    spot: bool = False
    on_demand_base: int = 0
    on_demand_percent: int = 0
    tags: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
