"""The cluster as EKS keeps it: configuration, managed node groups, and updates that take time.

Behind each node group is a real Auto Scaling group. Source: EKS API reference; EKS user guide,
"Managed node groups", "Update a managed node group", "Learn about ARC zonal shift in Amazon EKS".
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sopctl.sandbox.aws.errors import ServiceError
from sopctl.sandbox.aws.patches.groups import SandboxGroup

CLUSTER = "sandbox"
# Seconds of the world's time that an update is in progress.
UPDATE_TAKES = timedelta(seconds=30)
CREATION_TAKES = timedelta(seconds=90)
SHIFTED = "AZRebalance is administratively suspended by EKS during a zonal shift"
LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")

Record = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Update:
    """An update of the cluster, or of *nodegroup*; *apply* is done when it succeeds."""

    id: str
    type: str
    params: list[dict[str, str]]
    created: datetime
    apply: Callable[[], None]
    nodegroup: str | None = None
    token: str | None = None
    status: str = "InProgress"


@dataclass(slots=True, kw_only=True)
class Nodegroup:
    """A managed node group; ``record`` is what the API returns of it beside sizes and health."""

    name: str
    record: Record
    group: str
    min: int
    max: int
    subnets: str
    created: datetime
    # The zone it is kept out of, and whether it was EKS that suspended AZRebalance for that.
    away: str | None = None
    suspended_by_eks: bool = False


@dataclass(slots=True, kw_only=True)
class Eks:
    """One cluster. *groups* finds an Auto Scaling group by name; *subnets* is id -> zone name."""

    groups: Callable[[str], SandboxGroup | None]
    subnets: Callable[[], Mapping[str, str]]
    now: Callable[[], datetime]
    cluster: Record = field(default_factory=dict)
    nodegroups: dict[str, Nodegroup] = field(default_factory=dict)
    updates: list[Update] = field(default_factory=list)

    @property
    def zonal_shift_enabled(self) -> bool:
        return bool(self.cluster.get("zonalShiftConfig", {}).get("enabled"))

    @property
    def shifted(self) -> bool:
        """Whether a node group is kept out of a zone."""
        return any(nodegroup.away is not None for nodegroup in self.nodegroups.values())

    def begin(self, update: Update) -> Update:
        """Start *update*; raises ResourceInUseException while another one is in progress.

        A client token that was used before returns what it began then.
        """
        for known in self.updates:
            if update.token is not None and known.token == update.token:
                return known
        for known in self.updates:
            if known.status == "InProgress" and known.nodegroup == update.nodegroup:
                what = f"Nodegroup {update.nodegroup}" if update.nodegroup else f"Cluster {CLUSTER}"
                part = {"nodegroupName": update.nodegroup} if update.nodegroup else {}
                raise ServiceError(
                    "ResourceInUseException",
                    f"{what} currently has update {known.id} in progress",
                    {"clusterName": CLUSTER, **part},
                )
        self.updates.append(update)
        return update

    def tick(self) -> None:
        """Carry out the updates whose time has come."""
        for update in self.updates:
            if update.status == "InProgress" and self.now() - update.created >= UPDATE_TAKES:
                update.apply()
                update.status = "Successful"

    def status(self, nodegroup: Nodegroup) -> str:
        """CREATING, UPDATING, DEGRADED or ACTIVE."""
        if self.now() - nodegroup.created < CREATION_TAKES:
            return "CREATING"
        if any(u.nodegroup == nodegroup.name and u.status == "InProgress" for u in self.updates):
            return "UPDATING"
        return "DEGRADED" if self.issues(nodegroup) else "ACTIVE"

    def issues(self, nodegroup: Nodegroup) -> list[Record]:
        """What is wrong with the Auto Scaling group: gone, edited past EKS, or without capacity."""
        group = self.groups(nodegroup.group)
        if group is None:
            return [
                _issue(
                    "AutoScalingGroupNotFound",
                    f"We couldn't find the Auto Scaling group {nodegroup.group}.",
                    nodegroup,
                )
            ]
        found = []
        edited = [
            name
            for name, now, ours in (
                ("minSize", group.min_size, nodegroup.min),
                ("maxSize", group.max_size, nodegroup.max),
                ("subnets", group.vpc_zone_identifier, self._wanted_subnets(nodegroup)),
            )
            if now != ours
        ]
        if edited:
            text = f"The Auto Scaling group was changed outside of EKS: {', '.join(edited)}."
            found.append(_issue("AutoScalingGroupInvalidConfiguration", text, nodegroup))
        last = group.activities[-1] if group.activities else None
        if last is not None and last["StatusCode"] == "Failed":
            found.append(_issue("AsgInstanceLaunchFailures", last["StatusMessage"], nodegroup))
        return found

    def shift(self, zone: str | None) -> None:
        """Keep every node group out of *zone*, or let them back in where none is shifted.

        EKS takes the zone's subnets out of the groups and suspends AZRebalance; back again it
        reverses only what it did itself.
        """
        for nodegroup in self.nodegroups.values():
            group = self.groups(nodegroup.group)
            if group is None or nodegroup.away == zone:
                continue
            nodegroup.away = zone
            group._set_azs_and_vpcs([], self._wanted_subnets(nodegroup), update=True)  # noqa: SLF001  # moto has no public way
            if zone is not None and "AZRebalance" not in group.suspensions:
                group.suspensions["AZRebalance"] = SHIFTED
                nodegroup.suspended_by_eks = True
            elif zone is None and nodegroup.suspended_by_eks:
                group.suspensions.pop("AZRebalance", None)
                nodegroup.suspended_by_eks = False

    def _wanted_subnets(self, nodegroup: Nodegroup) -> str:
        zones = self.subnets()
        ids = nodegroup.subnets.split(",")
        kept = [id_ for id_ in ids if zones.get(id_) != nodegroup.away]
        return ",".join(kept or ids)


def new_id() -> str:
    return str(uuid.uuid4())


def _issue(code: str, message: str, nodegroup: Nodegroup) -> Record:
    return {"code": code, "message": message, "resourceIds": [nodegroup.group]}
