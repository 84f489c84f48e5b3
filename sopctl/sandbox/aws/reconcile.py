"""What Auto Scaling does by itself: launch, terminate, replace; obeying suspensions and shifts.

Source: Amazon EC2 Auto Scaling user guide, "Suspend and resume processes", "Health checks",
"Instance distribution", "Scaling activities", "Default termination policy".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from moto.autoscaling.models import ASG_NAME_TAG
from moto.ec2.models import EC2Backend
from moto.ec2.models.instances import Instance as Ec2Instance

from sopctl.sandbox.aws.buying import choose, next_market, types
from sopctl.sandbox.aws.patches.activities import LAUNCHING, begin, finish, proceed, terminate
from sopctl.sandbox.aws.patches.groups import SandboxGroup
from sopctl.sandbox.aws.patches.hooks import CONTINUE, answer_of, wait
from sopctl.sandbox.aws.patches.hooks import LAUNCHING as LAUNCH_HOOK
from sopctl.sandbox.aws.patches.instances import (
    RUNNING,
    STOPS_IN,
    TERMINATED,
    SandboxInstance,
    SandboxMember,
)
from sopctl.sandbox.aws.supply import Market, Pool, Supply
from sopctl.sandbox.aws.victims import victim

# Seconds of the world's time.
STARTS_IN = timedelta(seconds=15)
NOTICED_AFTER = timedelta(seconds=120)
RETRY_AFTER = timedelta(seconds=60)

WANTED = "an instance was started in response to a difference between desired and actual capacity."
UNHEALTHY = (
    "an instance was taken out of service in response to an EC2 health check indicating it has "
    "been terminated or stopped."
)
IMPAIRED = (
    "an instance was taken out of service in response to an EC2 instance status checks failure."
)
ABANDONED = "an instance was taken out of service in response to an abandoned lifecycle action."


class Reconciler:
    """One round for one group. *shifted* names the zones that a group is kept out of for now.

    *released* is told the id of an instance that was detached, and runs on in no group.
    """

    def __init__(
        self,
        ec2: EC2Backend,
        supply: Supply,
        shifted: Callable[[SandboxGroup], frozenset[str]],
        released: Callable[[str], None],
    ) -> None:
        self._ec2 = ec2
        self._released = released
        self.supply = supply
        self.shifted = shifted

    def tick(self, group: SandboxGroup, now: datetime) -> None:
        """Move *group* one step towards what it wants; *now* is naive UTC, as moto has it."""
        for member in list(group.members()):
            self._age(group, member, now)
        if "HealthCheck" not in group.suspensions:
            _check_health(group, now)
        if allowed(group, "ReplaceUnhealthy", "Terminate"):
            self._remove_unhealthy(group)
        self._scale(group, now)

    def launch(
        self,
        group: SandboxGroup,
        zone: str,
        *,
        cause: str = WANTED,
        market: Market | None = None,
        state: str = "Pending",
    ) -> SandboxMember | None:
        """Launch one instance of *group* in *zone*, bought as its policy says; None if refused."""
        market = market or next_market(group, counted(group))
        pool = choose(group, zone, market, self.supply)
        if pool is None:
            return None
        instance = self._run(group, zone, pool)
        if zone in self.supply.failed and isinstance(instance, SandboxInstance):
            instance.impaired_since = instance.launch_time
        if market == "spot":
            instance.lifecycle = "spot"
        instance.autoscaling_group = group  # type: ignore[attr-defined]  # moto's own back reference
        member = SandboxMember(
            instance,
            lifecycle_state=state,
            protected_from_scale_in=group.new_instances_protected_from_scale_in,
        )
        subnet = str(instance.subnet_id or "")
        description = f"{LAUNCHING}{instance.id}"
        member.activity = begin(group, description, cause, zone=zone, subnet=subnet)
        group.instance_states.append(member)
        if state == "InService":
            _complete(group, member)
        return member

    def zones(self, group: SandboxGroup) -> list[str]:
        """The zones that *group* launches in, emptiest first."""
        away = self.shifted(group)
        counts = Counter(member.zone for member in counted(group))
        open_zones = [zone for zone in group.availability_zones if zone not in away]
        return sorted(open_zones, key=lambda zone: (counts[zone], zone))

    def note_failure(self, group: SandboxGroup, zone: str, now: datetime, cause: str) -> None:
        """Write down that a launch in *zone* was refused, unless that is known already."""
        last = group.failures.get(zone)
        if last is not None and now - last < RETRY_AFTER:
            return
        group.failures[zone] = now
        market = next_market(group, counted(group))
        why = self.supply.refusal(Pool(zone=zone, type=types(group)[0], market=market))
        subnet = subnet_in(self._ec2, group, zone) or ""
        description = f"Launching a new EC2 instance.  Status Reason: {why}"
        activity = begin(group, description, cause, zone=zone, subnet=subnet)
        finish(group, activity, status="Failed", why=why)

    def _run(self, group: SandboxGroup, zone: str, pool: Pool) -> Ec2Instance:
        tags = {**group.get_propagated_tags(), ASG_NAME_TAG: group.name, **group.instance_tags}
        template = group.ec2_launch_template
        reservation = self._ec2.run_instances(
            group.image_id,
            1,
            group.user_data,
            group.security_groups or [],
            instance_type=pool.type,
            is_instance_type_default=False,
            tags={"instance": tags},
            subnet_id=subnet_in(self._ec2, group, zone),
            placement=zone,
            launch_template={"LaunchTemplateId": template.id} if template else None,
        )
        return reservation.instances[0]

    def _age(self, group: SandboxGroup, member: SandboxMember, now: datetime) -> None:
        age = now - member.since
        if member.lifecycle_state.endswith(":Wait"):
            _hear(group, member, now)
        elif member.lifecycle_state == "Pending" and age >= STARTS_IN:
            member.machine.started()
            if not wait(group, member, LAUNCH_HOOK):
                member.enter("InService")
                _complete(group, member)
        elif member.lifecycle_state == "Standby":
            _complete(group, member)
        elif member.lifecycle_state == "Detaching" and age >= STOPS_IN:
            self._ec2.delete_tags([member.instance_id], {ASG_NAME_TAG: group.name})
            _leave(group, member)
            self._released(member.instance_id)
        elif member.lifecycle_state == "Terminating" and member.machine.state_code == TERMINATED:
            _leave(group, member)

    def _remove_unhealthy(self, group: SandboxGroup) -> None:
        left_alone = self.shifted(group) if _ignores_unhealthy(group) else frozenset()
        for member in active(group):
            if member.health_status == "Unhealthy" and member.zone not in left_alone:
                gone = member.machine.state_code != RUNNING
                terminate(group, member, UNHEALTHY if gone else IMPAIRED)

    def _scale(self, group: SandboxGroup, now: datetime) -> None:
        present = counted(group)
        delta = (group.desired_capacity or 0) - len(present)
        if delta > 0 and allowed(group, "Launch"):
            for _ in range(delta):
                if not self._launch_somewhere(group, now):
                    return
        elif delta < 0 and allowed(group, "Terminate"):
            for _ in range(-delta):
                leaving = victim(group, counted(group))
                if leaving is None:
                    return
                cause = (
                    "an instance was taken out of service in response to a difference between "
                    f"desired and actual capacity, shrinking the capacity from {len(present)} to "
                    f"{group.desired_capacity}.  Instance {leaving.instance_id} was selected for "
                    "termination."
                )
                terminate(group, leaving, cause)
        if len(counted(group)) == (group.desired_capacity or 0):
            group.wish = ""

    def _launch_somewhere(self, group: SandboxGroup, now: datetime) -> bool:
        zones = self.zones(group)
        for zone in zones[:1] if _balanced_only(group) else zones:
            if self.launch(group, zone):
                return True
            self.note_failure(group, zone, now, WANTED)
        return False


def allowed(group: SandboxGroup, *processes: str) -> bool:
    """Whether none of *processes* is suspended."""
    return not any(name in group.suspensions for name in processes)


def active(group: SandboxGroup) -> list[SandboxMember]:
    """The members in service or on their way there."""
    states = ("Pending", "Pending:Wait", "InService")
    return [member for member in group.members() if member.lifecycle_state in states]


def counted(group: SandboxGroup) -> list[SandboxMember]:
    """The members that count as capacity: of a pair that is being exchanged, the newer."""
    return [member for member in active(group) if member.successor is None]


def subnet_in(ec2: EC2Backend, group: SandboxGroup, zone: str) -> str | None:
    """The subnet of *group* in *zone*."""
    ids = group.vpc_zone_identifier.split(",") if group.vpc_zone_identifier else []
    for subnet in ec2.describe_subnets(subnet_ids=ids) if ids else []:
        if subnet.availability_zone == zone:
            return str(subnet.id)
    return None


def _complete(group: SandboxGroup, member: SandboxMember) -> None:
    if member.activity is not None:
        finish(group, member.activity)
    member.activity = None


def _hear(group: SandboxGroup, member: SandboxMember, now: datetime) -> None:
    """Let a member go on whose lifecycle hook was answered, in time or by default."""
    answer = answer_of(group, member, now)
    if answer is None:
        return
    if member.lifecycle_state == "Terminating:Wait":
        proceed(member)
    elif answer == CONTINUE:
        member.enter("InService")
        _complete(group, member)
    else:
        terminate(group, member, ABANDONED)
        proceed(member)


def _leave(group: SandboxGroup, member: SandboxMember) -> None:
    _complete(group, member)
    group.instance_states.remove(member)


def _check_health(group: SandboxGroup, now: datetime) -> None:
    for member in active(group):
        since = member.impaired_since
        dead = since is not None and now - since >= NOTICED_AFTER
        if dead or member.machine.state_code != RUNNING:
            member.health_status = "Unhealthy"


def _ignores_unhealthy(group: SandboxGroup) -> bool:
    policy = getattr(group, "availability_zone_impairment_policy", None) or {}
    return bool(policy.get("ImpairedZoneHealthCheckBehavior") == "IgnoreUnhealthy")


def _balanced_only(group: SandboxGroup) -> bool:
    chosen = getattr(group, "availability_zone_distribution", None) or {}
    return bool(chosen.get("CapacityDistributionStrategy") == "balanced-only")
