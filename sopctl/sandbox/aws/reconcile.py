"""What Auto Scaling does by itself: launch, terminate, replace, rebalance; obeying suspensions.

Source: Amazon EC2 Auto Scaling user guide, "Suspend and resume processes", "Health checks",
"Instance distribution", "Scaling activities", "Default termination policy".
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from moto.autoscaling.models import ASG_NAME_TAG
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance as Ec2Instance

from sopctl.sandbox.aws.patches.groups import SandboxGroup, SandboxMember
from sopctl.sandbox.aws.patches.members import record, terminate

# Seconds of the world's time.
STARTS_IN = timedelta(seconds=15)
STOPS_IN = timedelta(seconds=20)
NOTICED_AFTER = timedelta(seconds=120)
RETRY_AFTER = timedelta(seconds=60)

NO_CAPACITY = (
    "We currently do not have sufficient {type} capacity in the Availability Zone you requested "
    "({zone}). Our system will be working on provisioning additional capacity. Launching EC2 "
    "instance failed."
)


class Reconciler:
    """One round for one group; *launchable* says whether a zone takes new instances now."""

    def __init__(self, ec2: EC2Backend, launchable: Callable[[str], bool]) -> None:
        self._ec2 = ec2
        self._launchable = launchable

    def tick(self, group: SandboxGroup, now: datetime) -> None:
        """Move *group* one step towards what it wants; *now* is naive UTC, as moto has it."""
        for member in list(group.members()):
            self._age(group, member, now)
        if "HealthCheck" not in group.suspensions:
            _check_health(group, now)
        if _allowed(group, "ReplaceUnhealthy", "Terminate"):
            _remove_unhealthy(group)
        self._scale(group, now)
        if _allowed(group, "AZRebalance", "Launch", "Terminate"):
            self._rebalance(group)

    def launch(self, group: SandboxGroup, zone: str, state: str = "Pending") -> SandboxMember:
        """Launch one instance of *group* in *zone*, bought as its policy says."""
        instance = self._run(group, zone, _type(group))
        if _buys_spot(group):
            instance.lifecycle = "spot"
        instance.autoscaling_group = group  # type: ignore[attr-defined]  # moto's own back reference
        member = SandboxMember(
            instance,
            lifecycle_state=state,
            protected_from_scale_in=group.new_instances_protected_from_scale_in,
        )
        group.instance_states.append(member)
        return member

    def _run(self, group: SandboxGroup, zone: str, instance_type: str) -> Ec2Instance:
        tags = {**group.get_propagated_tags(), ASG_NAME_TAG: group.name, **group.instance_tags}
        template = group.ec2_launch_template
        reservation = self._ec2.run_instances(
            group.image_id,
            1,
            group.user_data,
            group.security_groups or [],
            instance_type=instance_type,
            is_instance_type_default=True,
            tags={"instance": tags},
            subnet_id=_subnet(self._ec2, group, zone),
            placement=zone,
            launch_template={"LaunchTemplateId": template.id} if template else None,
        )
        return reservation.instances[0]

    def _age(self, group: SandboxGroup, member: SandboxMember, now: datetime) -> None:
        age = now - member.since
        if member.lifecycle_state == "Pending" and age >= STARTS_IN:
            member.enter("InService")
        # In a failed zone EC2 cannot confirm a termination: it hangs until the zone heals.
        stopping = member.lifecycle_state == "Terminating" and member.impaired_since is None
        if stopping and age >= STOPS_IN:
            self._ec2.terminate_instances([member.instance_id])
            group.instance_states.remove(member)

    def _scale(self, group: SandboxGroup, now: datetime) -> None:
        delta = (group.desired_capacity or 0) - len(_active(group))
        if delta > 0 and _allowed(group, "Launch"):
            for _ in range(delta):
                if not self._launch_somewhere(group, now):
                    return
        elif delta < 0 and _allowed(group, "Terminate"):
            cause = (
                "a user request or the autoscaler changed the desired capacity to "
                f"{group.desired_capacity}, and instances were selected for termination."
            )
            for _ in range(-delta):
                victim = _victim(group)
                if victim is None:
                    return
                terminate(group, victim, cause)

    def _launch_somewhere(self, group: SandboxGroup, now: datetime) -> bool:
        zones = _emptiest_first(group)
        if _balanced_only(group):
            zones = zones[:1]
        for zone in zones:
            if self._launchable(zone):
                member = self.launch(group, zone)
                cause = (
                    "an instance was started in response to a difference between desired and "
                    "actual capacity."
                )
                record(group, f"Launching a new EC2 instance: {member.instance_id}", cause)
                return True
            self._note_failure(group, zone, now)
        return False

    def _note_failure(self, group: SandboxGroup, zone: str, now: datetime) -> None:
        if group.retry_after is not None and now < group.retry_after:
            return
        group.retry_after = now + RETRY_AFTER
        record(
            group,
            "Launching a new EC2 instance.  Status Reason: no capacity.",
            "an instance was started in response to a difference between desired and actual "
            "capacity.",
            status="Failed",
            why=NO_CAPACITY.format(type=_type(group), zone=zone)[:255],
        )

    def _rebalance(self, group: SandboxGroup) -> None:
        """Launch before terminate, one at a time: first out of zones no longer wanted."""
        active = _active(group)
        if len(active) != (group.desired_capacity or 0) or any(
            member.lifecycle_state == "Pending" for member in active
        ):
            return
        outside = [m for m in active if m.availability_zone not in group.availability_zones]
        counts = Counter(dict.fromkeys(group.availability_zones, 0))
        counts.update(_zone(m) for m in active if m not in outside)
        fullest, emptiest = max(counts, key=_count(counts)), min(counts, key=_count(counts))
        unbalanced = counts[fullest] - counts[emptiest] > 1
        if not (outside or unbalanced) or not self._launchable(emptiest):
            return
        leaving = outside[0] if outside else _victim(group, zone=fullest)
        if leaving is None:
            return
        arriving = self.launch(group, emptiest)
        cause = "invoked az rebalancing: instances were not balanced in zones."
        record(group, f"Launching a new EC2 instance: {arriving.instance_id}", cause)
        terminate(group, leaving, cause)


def _count(counts: Counter[str]) -> Callable[[str], tuple[int, str]]:
    return lambda zone: (counts[zone], zone)


def _zone(member: SandboxMember) -> str:
    return member.availability_zone or ""


def _allowed(group: SandboxGroup, *processes: str) -> bool:
    return not any(name in group.suspensions for name in processes)


def _active(group: SandboxGroup) -> list[SandboxMember]:
    return [m for m in group.members() if m.lifecycle_state in ("Pending", "InService")]


def _check_health(group: SandboxGroup, now: datetime) -> None:
    for member in _active(group):
        since = member.impaired_since
        if since is not None and now - since >= NOTICED_AFTER:
            member.health_status = "Unhealthy"


def _remove_unhealthy(group: SandboxGroup) -> None:
    for member in _active(group):
        if member.health_status == "Unhealthy":
            cause = (
                "an instance was taken out of service in response to an EC2 instance status "
                "checks failure."
            )
            terminate(group, member, cause)


def _victim(group: SandboxGroup, zone: str | None = None) -> SandboxMember | None:
    """The default policy as far as it matters here: fullest zone, unhealthy first, then oldest."""
    free = [
        member
        for member in _active(group)
        if not member.protected_from_scale_in and zone in (None, member.availability_zone)
    ]
    if not free:
        return None
    counts = Counter(_zone(member) for member in free)
    return min(
        free,
        key=lambda m: (
            -counts[_zone(m)],
            m.health_status == "Healthy",
            m.instance.launch_time,
            m.instance_id,
        ),
    )


def _emptiest_first(group: SandboxGroup) -> list[str]:
    counts = Counter(_zone(member) for member in _active(group))
    return sorted(group.availability_zones, key=_count(counts))


def _balanced_only(group: SandboxGroup) -> bool:
    chosen = getattr(group, "availability_zone_distribution", None) or {}
    return bool(chosen.get("CapacityDistributionStrategy") == "balanced-only")


def _type(group: SandboxGroup) -> str:
    overrides = (group.mixed_instances_policy or {}).get("LaunchTemplate", {}).get("Overrides", [])
    return str(overrides[0]["InstanceType"] if overrides else group.instance_type)


def _buys_spot(group: SandboxGroup) -> bool:
    """Whether the next instance is spot: on-demand up to its base, then by its percentage."""
    policy = group.mixed_instances_policy
    if not policy:
        return template_is_spot(group)
    distribution = policy["InstancesDistribution"]
    base = int(distribution["OnDemandBaseCapacity"])
    percent = int(distribution.get("OnDemandPercentageAboveBaseCapacity", 100))
    active = _active(group)
    total = len(active) + 1
    wanted = min(total, base + math.ceil(max(0, total - base) * percent / 100))
    return sum(member.instance.lifecycle != "spot" for member in active) >= wanted


def template_is_spot(group: SandboxGroup) -> bool:
    """Whether the launch template itself asks for spot."""
    template = group.ec2_launch_template
    if template is None:
        return False
    version = template.get_version(group.launch_template_version)
    return bool(version.data.get("InstanceMarketOptions", {}).get("MarketType") == "spot")


def _subnet(ec2: EC2Backend, group: SandboxGroup, zone: str) -> str | None:
    ids = group.vpc_zone_identifier.split(",") if group.vpc_zone_identifier else []
    for subnet in ec2.describe_subnets(subnet_ids=ids) if ids else []:
        if subnet.availability_zone == zone:
            return str(subnet.id)
    return None
