"""The AWS half as the world sees it: groups and instances, in process, without HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from moto.elbv2.models import elbv2_backends

from sopctl.core.codec import Json
from sopctl.sandbox.aws import loose, portrait
from sopctl.sandbox.aws.balancing import plant_balancer, register_members
from sopctl.sandbox.aws.bus import Bus
from sopctl.sandbox.aws.eks import CLUSTER
from sopctl.sandbox.aws.exchange import Exchange
from sopctl.sandbox.aws.fleet import BalancerSpec, Group, GroupSpec, Instance, LaunchOrder
from sopctl.sandbox.aws.nodegroups import create_nodegroup
from sopctl.sandbox.aws.notices import NoticeQueue
from sopctl.sandbox.aws.patches.activities import Activity, terminate
from sopctl.sandbox.aws.patches.groups import SandboxGroup
from sopctl.sandbox.aws.patches.instances import ENDING, TERMINATED, SandboxMember
from sopctl.sandbox.aws.planting import plant
from sopctl.sandbox.aws.region import Region
from sopctl.sandbox.aws.rest import calm, wishes
from sopctl.sandbox.aws.supply import Market, Pool
from sopctl.sandbox.aws.throttle import DOCUMENTED, Throttle

__all__ = ["CLUSTER", "Cloud"]

# EC2 keeps showing a terminated instance for about an hour.
FORGOTTEN_AFTER = timedelta(hours=1)
LOOKED_THROUGH_EVERY = timedelta(minutes=1)


class Cloud(Region):
    """What the world, scenarios and tests ask of one region and do to it.

    Every method takes ``lock``, which the HTTP front holds over each call too.
    """

    def __init__(self, now: Callable[[], datetime], region: str = "us-east-1") -> None:
        self._forgot: datetime | None = None
        super().__init__(now, region)
        self._bus = Bus(self.account, region)
        self.notices = NoticeQueue(self)

    def reset(self) -> None:
        """Forget everything: an account with its default VPC and the cluster's record."""
        with self.lock:
            self._forgot = None
            super().reset()

    def groups(self) -> list[Group]:
        """All groups, by name."""
        with self.lock:
            return [portrait.view(group) for group in self.sandbox_groups()]

    def group(self, name: str) -> Group:
        """One group; raises KeyError."""
        with self.lock:
            return portrait.view(self._find(name))

    def create_group(self, spec: GroupSpec) -> Group:
        """Create a group whose desired instances are in service already."""
        with self.lock:
            subnets = [self.subnets()[zone] for zone in spec.zones]
            return portrait.view(plant(self.autoscaling, self.reconciler, spec, subnets))

    def create_balancer(self, spec: BalancerSpec) -> None:
        """Create a load balancer that belongs to the cluster."""
        with self.lock:
            subnets = [self.subnets()[zone] for zone in spec.zones]
            plant_balancer(elbv2_backends[self.account][self.region], spec, subnets, CLUSTER)

    def enable_auto_mode(self) -> None:
        """Let EKS run the nodes, as DescribeCluster says with `computeConfig`."""
        with self.lock:
            pools = ["general-purpose", "system"]
            self.eks.cluster["computeConfig"] = {"enabled": True, "nodePools": pools}

    def throttle_calls(self) -> None:
        """Throttle calls by buckets, as AWS documents them."""
        with self.lock:
            self.throttle = Throttle(DOCUMENTED)

    def let_shift_cluster(self) -> None:
        """Enable zonal shift for the cluster, as EKS does with `zonalShiftConfig`."""
        with self.lock:
            self.eks.cluster["zonalShiftConfig"] = {"enabled": True}

    def launch(self, order: LaunchOrder) -> Instance | None:
        """Launch one instance that belongs to no group; None where there is no room for it."""
        with self.lock:
            return loose.launch(self, order)

    def loose(self) -> list[Instance]:
        """The instances that `launch` made and that are still machines."""
        with self.lock:
            now = self.naive_now()
            return [loose.drawn(each, now) for each in loose.standing(self)]

    def end(self, instance_id: str) -> None:
        """Terminate an instance that belongs to no group; raises KeyError."""
        with self.lock:
            found = {each.id: each for each in loose.standing(self)}
            found[instance_id].terminate()

    def create_nodegroup(self, spec: GroupSpec) -> Group:
        """Create a managed node group called ``spec.name``; its group has a name of its own."""
        with self.lock:
            return portrait.view(create_nodegroup(self, spec))

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
            self.autoscaling.create_or_update_tags(
                [portrait.tag(group, key, value, propagate=propagate)]
            )

    def set_pool_depth(self, pool: Pool, depth: int | None) -> None:
        """Let *pool* have at most *depth* instances of ours; None lets it be bottomless again.

        What runs beyond the depth goes on running: see ``reclaim``.
        """
        with self.lock:
            if depth is None:
                self.supply.depths.pop(pool, None)
            else:
                self.supply.depths[pool] = depth

    def reclaim(
        self, pool: Pool, count: int | None = None, *, lead: timedelta | None = timedelta()
    ) -> int:
        """Take *count* spot instances of *pool* back, oldest first, or all; returns how many.

        Each is recommended for a rebalance now, warned after *lead* and ended two minutes after
        the warning; with ``lead=None`` there is no recommendation. `tick` carries it out.
        """
        with self.lock:
            chosen = self.supply.taken(pool)[:count]
            return self.reclaims.order(chosen, self.naive_now(), lead)

    def set_quota(self, market: Market, vcpus: float) -> None:
        """Let at most *vcpus* run in *market*, as Service Quotas then says."""
        with self.lock:
            self.supply.quotas[market] = vcpus

    def autoshift(self, zone: str, *, active: bool = True) -> None:
        """Let AWS itself move traffic away from a zone, by its name, or bring it back."""
        with self.lock:
            zone_id = next(each.id for each in self.zones if each.name == zone)
            move = self.shifts.start_autoshift if active else self.shifts.end_autoshift
            move(zone_id, self.now())
            self.apply_shifts()

    def cordoned_zones(self) -> frozenset[str]:
        """The names of the zones whose nodes EKS cordons, because the cluster is shifted away."""
        with self.lock:
            self.apply_shifts()
            away = self.cluster_shifted()
            return frozenset({away} if away else ())

    def zonal_shifts(self) -> dict[str, frozenset[str]]:
        """The shifts in force: ARN of the resource -> the names of the zones it left."""
        with self.lock:
            self.apply_shifts()
            if not self.shifts.busy:
                return {}
            away = {each.arn: self._name_of(self.shifts.away_from(each)) for each in self.managed()}
            return {arn: frozenset({zone}) for arn, zone in away.items() if zone}

    def fail_instances(self, zone: str) -> None:
        """Instances in *zone* stop answering, and new ones there come up dead."""
        with self.lock:
            self.supply.failed.add(zone)
            now = self.naive_now()
            for instance in self.instances():
                if instance.placement.zone == zone and instance.impaired_since is None:
                    instance.impaired_since = now

    def heal_instances(self, zone: str) -> None:
        """Instances in *zone* answer again; the groups believe it at once."""
        with self.lock:
            self.supply.failed.discard(zone)
            for group in self.sandbox_groups():
                for member in group.members():
                    if member.availability_zone == zone:
                        member.health_status = "Healthy"
            for instance in self.instances():
                if instance.placement.zone == zone:
                    instance.impaired_since = None

    def tick(self) -> None:
        """One round of everything here that moves by itself, up to the world's time."""
        with self.lock:
            now = self.naive_now()
            self.reclaims.tick(now)
            self.apply_shifts()
            self.eks.tick()
            for instance in [each for each in ENDING if each.may_finish(now)]:
                instance.finish()
                ENDING.remove(instance)
            self._reconcile(now)
            register_members(self.sandbox_groups(), self.account, self.region)
            if self.usage.due(now):
                self.usage.count(self.instances(), now)
            self._forget_terminated(now)
            self._bus.deliver()

    def history(self) -> list[Activity]:
        """What the groups did lately, oldest first within each group."""
        with self.lock:
            return [each for group in self.sandbox_groups() for each in group.activities]

    def set_cluster_endpoint(self, url: str, certificate: str, version: str = "1.36") -> None:
        """What EKS DescribeCluster says about the cluster: *certificate* is base64 of PEM."""
        with self.lock:
            self.eks.cluster["endpoint"] = url
            self.eks.cluster["certificateAuthority"] = {"data": certificate}
            self.eks.cluster["version"] = version

    def dump(self) -> dict[str, Json]:
        """What clients may write, without what the world changes by itself.

        Groups go by their names, the rest by names with the service before a colon.
        """
        with self.lock:
            groups = {group.name: portrait.dump(group) for group in self.sandbox_groups()}
            return {**groups, **portrait.dump_beside(self)}

    # --- inside ---------------------------------------------------------------------

    def _find(self, name: str) -> SandboxGroup:
        group = self.find(name)
        if group is None:
            raise KeyError(name)
        return group

    def _member(self, instance_id: str) -> tuple[SandboxGroup, SandboxMember]:
        for group in self.sandbox_groups():
            for member in group.members():
                if member.instance_id == instance_id:
                    return group, member
        raise KeyError(instance_id)

    def _reconcile(self, now: datetime) -> None:
        reconciler = self.reconciler
        exchange = Exchange(reconciler)
        for group in self.sandbox_groups():
            wanted = wishes(group, self.shifted(group))
            if group.rest == wanted and calm(group):
                continue
            reconciler.tick(group, now)
            content = exchange.tick(group, now)
            group.rest = wanted if content and calm(group) else None

    def _forget_terminated(self, now: datetime) -> None:
        if self._forgot is not None and now - self._forgot < LOOKED_THROUGH_EVERY:
            return
        self._forgot = now
        for key, reservation in list(self.ec2.reservations.items()):
            gone = all(instance.state_code == TERMINATED for instance in reservation.instances)
            stamps = [instance.launch_time for instance in reservation.instances]
            if gone and now - max(stamps, default=now) > FORGOTTEN_AFTER:
                del self.ec2.reservations[key]
