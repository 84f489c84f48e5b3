"""One region of one account: what moto keeps of it, what we keep beside, and how they fit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from moto.autoscaling.models import AutoScalingBackend, autoscaling_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import EC2Backend

from sopctl.sandbox.aws.access.principals import plant_role
from sopctl.sandbox.aws.balancing import balancers
from sopctl.sandbox.aws.eks import CLUSTER, LOG_TYPES, Eks
from sopctl.sandbox.aws.fleet import Zone
from sopctl.sandbox.aws.patches.groups import SandboxGroup
from sopctl.sandbox.aws.patches.install import install
from sopctl.sandbox.aws.patches.instances import SandboxInstance
from sopctl.sandbox.aws.reclaim import Reclaims
from sopctl.sandbox.aws.reconcile import Reconciler
from sopctl.sandbox.aws.shifts import Managed, Shifts
from sopctl.sandbox.aws.supply import Supply
from sopctl.sandbox.aws.throttle import Throttle
from sopctl.sandbox.aws.trail import Trail
from sopctl.sandbox.aws.usage import Usage

VERSION = "1.36"


class Region:
    """The state that services answer from and that the world moves; hold ``lock`` over it.

    moto's state is global, so a process has one region at a time: a new one forgets the old one's.
    """

    def __init__(self, now: Callable[[], datetime], region: str = "us-east-1") -> None:
        self.lock = threading.RLock()
        self.account = DEFAULT_ACCOUNT_ID
        self.region = region
        self.now = now
        self.launchable: Callable[[str], bool] = _anywhere
        self.zones: tuple[Zone, ...] = ()
        self.reset()

    def reset(self) -> None:
        """Forget everything: an account with its default VPC and the cluster's record."""
        with self.lock:
            install(self.now)
            plant_role(self.account)
            self.trail = Trail()
            # To be exchanged by a world that wants limits; without any, nothing is throttled.
            self.throttle = Throttle()
            found = self.ec2.describe_availability_zones()
            self.zones = tuple(Zone(name=zone.name, id=zone.zone_id) for zone in found)
            self.reclaims = Reclaims()
            self.usage = Usage()
            self.shifts = Shifts()
            # The ids of instances that a world launched outside of any group, or that left theirs.
            self.loose_ids: list[str] = []
            self.supply = Supply(
                zones=tuple(zone.name for zone in self.zones),
                instances=self.instances,
                launchable=self.takes_launches,
            )
            self.eks = Eks(
                groups=self.find,
                subnets=self.subnet_zones,
                now=self.now,
                cluster=_cluster(self),
            )

    def takes_launches(self, zone: str) -> bool:
        """Whether anything launches in *zone*, as whoever is asked at this time says."""
        return bool(self.launchable(zone))

    @property
    def autoscaling(self) -> AutoScalingBackend:
        return autoscaling_backends[self.account][self.region]

    @property
    def ec2(self) -> EC2Backend:
        return self.autoscaling.ec2_backend

    @property
    def reconciler(self) -> Reconciler:
        return Reconciler(self.ec2, self.supply, self.shifted, self.loose_ids.append)

    def naive_now(self) -> datetime:
        """The world's time as moto has it."""
        return self.now().astimezone(UTC).replace(tzinfo=None)

    def aware(self, moment: datetime) -> datetime:
        """A moment of moto's as everybody else has it."""
        return moment.replace(tzinfo=UTC)

    def subnets(self) -> dict[str, str]:
        """Zone name -> the id of its subnet in the cluster's VPC."""
        with self.lock:
            found = self.ec2.describe_subnets()
            return {subnet.availability_zone: str(subnet.id) for subnet in found}

    def subnet_zones(self) -> dict[str, str]:
        """Subnet id -> zone name."""
        return {subnet: zone for zone, subnet in self.subnets().items()}

    def instances(self) -> list[SandboxInstance]:
        """Every EC2 instance, ended ones too while EC2 remembers them."""
        with self.lock:
            return [
                instance
                for reservation in self.ec2.reservations.values()
                for instance in reservation.instances
                if isinstance(instance, SandboxInstance)
            ]

    def sandbox_groups(self) -> list[SandboxGroup]:
        """All Auto Scaling groups, by name."""
        found = self.autoscaling.autoscaling_groups.values()
        groups = [group for group in found if isinstance(group, SandboxGroup)]
        return sorted(groups, key=lambda group: group.name)

    def find(self, name: str) -> SandboxGroup | None:
        """One Auto Scaling group."""
        group = self.autoscaling.autoscaling_groups.get(name)
        return group if isinstance(group, SandboxGroup) else None

    def managed(self) -> list[Managed]:
        """What ARC can shift: balancers, groups and the cluster that have zonal shift enabled."""
        ids = {zone.name: zone.id for zone in self.zones}
        found = [
            Managed(
                arn=balancer.arn,
                name=balancer.name,
                zones=tuple(ids[zone] for zone in balancer.zones),
                kind="elb",
            )
            for balancer in balancers(self.account, self.region)
            if balancer.zonal_shift
        ]
        for group in self.sandbox_groups():
            policy = getattr(group, "availability_zone_impairment_policy", None) or {}
            if policy.get("ZonalShiftEnabled"):
                found.append(_managed_group(group))
        if self.eks.zonal_shift_enabled:
            zones = tuple(ids[zone] for zone in self.cluster_zones())
            arn = self.eks.cluster["arn"]
            found.append(Managed(arn=arn, name=CLUSTER, zones=zones, kind="eks"))
        return found

    def cluster_zones(self) -> list[str]:
        """The names of the zones that the cluster has subnets in."""
        zones = self.subnet_zones()
        return sorted(zones[id_] for id_ in self.eks.cluster["resourcesVpcConfig"]["subnetIds"])

    def apply_shifts(self) -> None:
        """Let ended shifts expire, and let EKS do to its node groups what a shift asks for."""
        if not self.shifts.busy and not self.eks.shifted:
            return
        self.shifts.expire(self.now())
        managed = self.managed()
        gone = {shift.resource for shift in self.shifts.all} - {each.arn for each in managed}
        self.shifts.forget(gone)
        self.eks.shift(self.cluster_shifted())

    def configure_cluster(self, part: str, wanted: object) -> None:
        """Change a part of the cluster's configuration, with what follows for its shifts."""
        self.eks.cluster[part] = wanted
        self.apply_shifts()

    def cluster_shifted(self) -> str | None:
        """The name of the zone that the cluster is shifted away from: EKS cordons its nodes."""
        for resource in self.managed():
            if resource.kind == "eks":
                return self._name_of(self.shifts.away_from(resource))
        return None

    def shifted(self, group: SandboxGroup) -> frozenset[str]:
        """The names of the zones that *group* is kept out of by a shift of its own."""
        policy = getattr(group, "availability_zone_impairment_policy", None) or {}
        if not policy.get("ZonalShiftEnabled"):
            return frozenset()
        away = self._name_of(self.shifts.away_from(_managed_group(group)))
        return frozenset({away} if away else ())

    def _name_of(self, zone_id: str | None) -> str | None:
        return next((zone.name for zone in self.zones if zone.id == zone_id), None)


def _managed_group(group: SandboxGroup) -> Managed:
    zones = tuple(group.availability_zone_ids)
    return Managed(arn=str(group.arn), name=group.name, zones=zones, kind="asg")


def _cluster(region: Region) -> dict[str, object]:
    """The record of the cluster as EKS returns it."""
    arn = f"arn:aws:eks:{region.region}:{region.account}:cluster/{CLUSTER}"
    return {
        "name": CLUSTER,
        "arn": arn,
        "createdAt": region.now(),
        "version": VERSION,
        "platformVersion": "eks.1",
        "roleArn": f"arn:aws:iam::{region.account}:role/sandbox-cluster",
        "status": "ACTIVE",
        "resourcesVpcConfig": {
            "subnetIds": sorted(region.subnets().values()),
            "endpointPublicAccess": True,
            "endpointPrivateAccess": False,
        },
        "logging": {"clusterLogging": [{"types": sorted(LOG_TYPES), "enabled": False}]},
        "zonalShiftConfig": {"enabled": False},
        "computeConfig": {"enabled": False},
        "upgradePolicy": {"supportType": "EXTENDED"},
        "accessConfig": {"authenticationMode": "API_AND_CONFIG_MAP"},
        "health": {"issues": []},
        "tags": {},
    }


def _anywhere(_: str) -> bool:
    return True
