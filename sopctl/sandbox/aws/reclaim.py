"""EC2 takes spot instances back: a recommendation, a warning two minutes ahead, the end.

Source: EC2 user guide, "Spot Instance interruptions", "EC2 instance rebalance recommendations",
"Spot Instance interruption notices" (the formats of the events, whose ARN has the zone in the
place of the region and no account).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from moto.ec2.models.instances import Instance

from sopctl.sandbox.aws.patches.instances import SHUTTING_DOWN, SandboxInstance
from sopctl.sandbox.aws.patches.outbox import tell

NOTICE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """One instance on its way out; all moments are naive UTC, as moto has them."""

    instance: SandboxInstance
    warned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """An interruption that happened, for the records that EC2 keeps of them."""

    at: datetime
    instance_id: str
    zone: str
    zone_id: str
    type: str
    lifetime: timedelta
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Reclaims:
    """The interruptions under way and those that were."""

    def __init__(self) -> None:
        self._coming: list[Interruption] = []
        self.losses: list[Loss] = []

    def clear(self) -> None:
        """Forget all of them."""
        self._coming.clear()
        self.losses.clear()

    def order(self, instances: Iterable[Instance], now: datetime, lead: timedelta | None) -> int:
        """Take *instances* back: warned after *lead*, ended two minutes later.

        With a lead (zero counts) each is recommended for a rebalance now; with None the warning
        comes at once and alone. Returns how many were not on their way out already.
        """
        ordered = 0
        for instance in instances:
            assert isinstance(instance, SandboxInstance)
            if any(each.instance is instance for each in self._coming):
                continue
            ordered += 1
            if lead is not None:
                _recommend(instance, now)
            self._coming.append(
                Interruption(instance=instance, warned_at=now + (lead or timedelta()))
            )
        return ordered

    def tick(self, now: datetime) -> None:
        """Warn and end whose time has come; whoever is gone already is forgotten."""
        for each in list(self._coming):
            if each.instance.state_code >= SHUTTING_DOWN:
                self._coming.remove(each)
            elif now >= each.warned_at + NOTICE:
                self._coming.remove(each)
                _warn(each)
                self.losses.append(_loss(each.instance, now))
                each.instance.terminate()
            elif now >= each.warned_at:
                _warn(each)


def _recommend(instance: SandboxInstance, now: datetime) -> None:
    if instance.rebalance_at is None:
        instance.rebalance_at = now
        tell(
            "aws.ec2",
            "EC2 Instance Rebalance Recommendation",
            _event_arn(instance),
            {"instance-id": instance.id},
        )


def _warn(each: Interruption) -> None:
    if each.instance.interrupted_at is None:
        each.instance.interrupted_at = each.warned_at
        tell(
            "aws.ec2",
            "EC2 Spot Instance Interruption Warning",
            _event_arn(each.instance),
            {"instance-id": each.instance.id, "instance-action": "terminate"},
        )


def _event_arn(instance: SandboxInstance) -> str:
    return f"arn:aws:ec2:{instance.placement.zone}:instance/{instance.id}"


def _loss(instance: SandboxInstance, now: datetime) -> Loss:
    return Loss(
        at=now,
        instance_id=instance.id,
        zone=str(instance.placement.zone),
        zone_id=str(instance.placement.availability_zone_id),  # type: ignore[attr-defined]  # set by ours
        type=instance.instance_type,
        lifetime=now - instance.launch_time,
    )
