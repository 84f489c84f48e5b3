"""The AWS half as the world sees it: groups and instances, in process, without HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from moto.autoscaling.models import AutoScalingBackend, autoscaling_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import EC2Backend
from moto.eks.models import Cluster, EKSBackend, eks_backends

from sopctl.core.codec import Json
from sopctl.sandbox.aws import portrait
from sopctl.sandbox.aws.fleet import Group, GroupSpec, Zone
from sopctl.sandbox.aws.patches.groups import SandboxGroup, SandboxMember
from sopctl.sandbox.aws.patches.install import install
from sopctl.sandbox.aws.patches.members import Activity, terminate
from sopctl.sandbox.aws.reconcile import Reconciler

CLUSTER = "sandbox"
IMAGE = "ami-0a1b2c3d4e5f60718"
TERMINATED = 48
# EC2 keeps showing a terminated instance for about an hour.
FORGOTTEN_AFTER = timedelta(hours=1)


class Cloud:
    """One region of one account.

    moto's state is global, so a process has one cloud at a time: a new one forgets the old one's.
    Every method takes ``lock``, which the HTTP front holds over each call too.
    """

    def __init__(self, now: Callable[[], datetime], region: str = "us-east-1") -> None:
        self.lock = threading.RLock()
        self.account = DEFAULT_ACCOUNT_ID
        self.region = region
        self.now = now
        self.launchable: Callable[[str], bool] = _anywhere
        self.zones: tuple[Zone, ...] = ()
        self._failed: set[str] = set()
        self.reset()

    def reset(self) -> None:
        """Forget everything: an account with its default VPC and the cluster's record."""
        with self.lock:
            install(self.now)
            self._failed.clear()
            found = self._ec2.describe_availability_zones()
            self.zones = tuple(Zone(name=zone.name, id=zone.zone_id) for zone in found)
            self._create_cluster()

    def groups(self) -> list[Group]:
        """All groups, by name."""
        with self.lock:
            return [portrait.view(group) for group in self._groups()]

    def group(self, name: str) -> Group:
        """One group; raises KeyError."""
        with self.lock:
            return portrait.view(self._find(name))

    def create_group(self, spec: GroupSpec) -> Group:
        """Create a group whose desired instances are in service already."""
        with self.lock:
            template = self._ec2.create_launch_template(
                spec.name, "", {"ImageId": IMAGE, "InstanceType": spec.instance_types[0]}, {}
            )
            mixed = spec.spot or len(spec.instance_types) > 1
            group = self._autoscaling.create_auto_scaling_group(
                name=spec.name,
                availability_zones=[],
                desired_capacity=spec.desired,
                max_size=spec.max,
                min_size=spec.min,
                launch_config_name="",
                launch_template={} if mixed else {"LaunchTemplateId": template.id},
                vpc_zone_identifier=",".join(self.subnets()[zone] for zone in spec.zones),
                default_cooldown=None,
                health_check_period=None,
                health_check_type=None,
                load_balancers=[],
                target_group_arns=[],
                placement_group=None,
                termination_policies=[],
                tags=portrait.tags(spec),
                mixed_instances_policy=portrait.policy_of(spec, str(template.id))
                if mixed
                else None,
            )
            assert isinstance(group, SandboxGroup)
            zones = spec.zones
            for index in range(spec.desired):
                self._reconciler.launch(group, zones[index % len(zones)], state="InService")
            return portrait.view(group)

    def subnets(self) -> dict[str, str]:
        """Zone name -> the id of its subnet in the cluster's VPC."""
        with self.lock:
            found = self._ec2.describe_subnets()
            return {subnet.availability_zone: str(subnet.id) for subnet in found}

    def set_desired(self, name: str, n: int) -> None:
        """Wish for *n* instances, within the bounds; raises KeyError."""
        with self.lock:
            self._find(name).resize({"DesiredCapacity": n})

    def terminate(self, instance_id: str, *, decrement: bool = True) -> None:
        """Start terminating an instance; raises KeyError.

        The group wants one less with *decrement* (never below its minimum), as when the
        autoscaler removes a node; without, it replaces the instance, as after an interruption.
        """
        with self.lock:
            group, member = self._member(instance_id)
            cause = "an instance was interrupted."
            if decrement and member.lifecycle_state != "Terminating":
                group.resize({"DesiredCapacity": (group.desired_capacity or 0) - 1})
                cause = "an instance was taken out of service in response to a user request."
            terminate(group, member, cause)

    def set_tag(self, group: str, key: str, value: str, propagate: bool) -> None:  # noqa: FBT001  # a tag's third field
        """Create or overwrite one tag; raises KeyError."""
        with self.lock:
            self._find(group)
            self._autoscaling.create_or_update_tags(
                [portrait.tag(group, key, value, propagate=propagate)]
            )

    def fail_instances(self, zone: str) -> None:
        """Instances in *zone* stop answering, and new ones there come up dead."""
        with self.lock:
            self._failed.add(zone)
            self._mark_impaired()

    def heal_instances(self, zone: str) -> None:
        """Instances in *zone* answer again; the groups believe it at once."""
        with self.lock:
            self._failed.discard(zone)
            for group in self._groups():
                for member in group.members():
                    if member.availability_zone == zone:
                        member.impaired_since = None
                        member.health_status = "Healthy"

    def tick(self) -> None:
        """One round of all groups: replace what is unhealthy, launch and terminate."""
        with self.lock:
            now = self._naive_now()
            self._mark_impaired()
            for group in self._groups():
                self._reconciler.tick(group, now)
            self._forget_terminated(now)

    def history(self) -> list[Activity]:
        """What the groups did lately, oldest first within each group."""
        with self.lock:
            return [each for group in self._groups() for each in group.activities]

    def set_cluster_endpoint(self, url: str, certificate: str, version: str = "1.36") -> None:
        """What EKS DescribeCluster says about the cluster: *certificate* is base64 of PEM."""
        with self.lock:
            cluster = self._eks.clusters[CLUSTER]
            cluster.endpoint = url
            cluster.certificate_authority = {"data": certificate}
            cluster.version = version

    def dump(self) -> dict[str, Json]:
        """What clients may write of each group, without what the world changes by itself."""
        with self.lock:
            return {group.name: portrait.dump(group) for group in self._groups()}

    # --- inside ---------------------------------------------------------------------

    @property
    def _autoscaling(self) -> AutoScalingBackend:
        return autoscaling_backends[self.account][self.region]

    @property
    def _ec2(self) -> EC2Backend:
        return self._autoscaling.ec2_backend

    @property
    def _eks(self) -> EKSBackend:
        return eks_backends[self.account][self.region]

    @property
    def _reconciler(self) -> Reconciler:
        return Reconciler(self._ec2, self.launchable)

    def _groups(self) -> list[SandboxGroup]:
        found = self._autoscaling.autoscaling_groups.values()
        groups = [group for group in found if isinstance(group, SandboxGroup)]
        return sorted(groups, key=lambda group: group.name)

    def _find(self, name: str) -> SandboxGroup:
        for group in self._groups():
            if group.name == name:
                return group
        raise KeyError(name)

    def _member(self, instance_id: str) -> tuple[SandboxGroup, SandboxMember]:
        for group in self._groups():
            for member in group.members():
                if member.instance_id == instance_id:
                    return group, member
        raise KeyError(instance_id)

    def _naive_now(self) -> datetime:
        return self.now().astimezone(UTC).replace(tzinfo=None)

    def _create_cluster(self) -> None:
        # Put in place, not created: the check of its role's ARN makes a whole boto3 session.
        self._eks.clusters[CLUSTER] = Cluster(
            name=CLUSTER,
            role_arn=f"arn:aws:iam::{self.account}:role/sandbox-cluster",
            resources_vpc_config={"subnetIds": sorted(self.subnets().values())},
            account_id=self.account,
            region_name=self.region,
            aws_partition="aws",
            version="1.36",
        )

    def _mark_impaired(self) -> None:
        now = self._naive_now()
        for group in self._groups():
            for member in group.members():
                if member.availability_zone in self._failed and member.impaired_since is None:
                    member.impaired_since = now

    def _forget_terminated(self, now: datetime) -> None:
        for key, reservation in list(self._ec2.reservations.items()):
            gone = all(instance.state_code == TERMINATED for instance in reservation.instances)
            stamps = [instance.launch_time for instance in reservation.instances]
            if gone and now - max(stamps, default=now) > FORGOTTEN_AFTER:
                del self._ec2.reservations[key]


def _anywhere(_: str) -> bool:
    return True
