"""Instances that belong to no group: what Karpenter launches with CreateFleet.

They are instances of EC2 like any other, with pools, quotas, failed zones and interruptions.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sopctl.sandbox.aws.fleet import Instance, LaunchOrder
from sopctl.sandbox.aws.patches.instances import SHUTTING_DOWN, TERMINATED, SandboxInstance
from sopctl.sandbox.aws.planting import IMAGE
from sopctl.sandbox.aws.region import Region
from sopctl.sandbox.aws.supply import Pool

STARTS_IN = timedelta(seconds=15)


def launch(region: Region, order: LaunchOrder) -> Instance | None:
    """One instance as *order* says; None where the pool has no room."""
    if not region.supply.room(Pool(zone=order.zone, type=order.type, market=order.market)):
        return None
    reservation = region.ec2.run_instances(
        IMAGE,
        1,
        None,
        [],
        instance_type=order.type,
        is_instance_type_default=False,
        tags={"instance": dict(order.tags)},
        subnet_id=region.subnets()[order.zone],
        placement=order.zone,
    )
    machine = reservation.instances[0]
    assert isinstance(machine, SandboxInstance)
    if order.market == "spot":
        machine.lifecycle = "spot"
    if order.zone in region.supply.failed:
        machine.impaired_since = machine.launch_time
    region.loose_ids.append(machine.id)
    return drawn(machine, region.naive_now())


def drawn(machine: SandboxInstance, now: datetime) -> Instance:
    """The instance as a value; its state in the words of a group's member."""
    state = "InService" if now - machine.launch_time >= STARTS_IN else "Pending"
    return Instance(
        id=machine.id,
        group="",
        zone=str(machine.placement.zone),
        type=machine.instance_type,
        state="Terminating" if machine.state_code >= SHUTTING_DOWN else state,
        lifecycle=machine.lifecycle or "on-demand",
        launched=machine.launch_time.replace(tzinfo=UTC),
        health="Healthy",
        reachable=machine.impaired_since is None,
        protected=False,
        private_ip=machine.private_ip or "",
        private_dns=machine.private_dns_name,
        rebalance_at=_aware(machine.rebalance_at),
        interrupted_at=_aware(machine.interrupted_at),
    )


def standing(region: Region) -> list[SandboxInstance]:
    """Those that are still machines; what ended is forgotten here."""
    wanted = set(region.loose_ids)
    found = [
        each
        for each in (region.instances() if wanted else ())
        if each.id in wanted and each.state_code != TERMINATED
    ]
    region.loose_ids = [each.id for each in found]
    return found


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
