"""EC2 instances that can be impaired, that take time to go, and their membership of a group.

Gaps of moto 5.2 closed here: every status check passes for ever; a placement has no zone id; a
terminated instance is gone at once; nothing is told to EventBridge.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup, InstanceState
from moto.core.utils import utcnow
from moto.ec2.models.instances import Instance, InstanceBackend, StateReason
from moto.ec2.models.instances import InstanceState as Ec2State

from sopctl.sandbox.aws.patches.outbox import tell

RUNNING = 16
SHUTTING_DOWN = 32
TERMINATED = 48
# Status checks run every minute (EC2 user guide, "Status checks for your instances").
CHECKED_EVERY = timedelta(seconds=60)
# Seconds of the world's time from the order to the end.
STOPS_IN = timedelta(seconds=20)

# The instances on their way out, of which no round has to look for among all the others.
ENDING: list[SandboxInstance] = []

# An InstanceStatusSummary of the API.
Summary = dict[str, Any]


class SandboxInstance(Instance):
    """An instance whose machine may have failed: ``impaired_since``, naive UTC as in moto."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # moto's own signature
        self.impaired_since: datetime | None = None
        self.ending_since: datetime | None = None
        # Set when EC2 takes a spot instance back: the recommendation, then the warning.
        self.rebalance_at: datetime | None = None
        self.interrupted_at: datetime | None = None
        super().__init__(*args, **kwargs)
        zones = self.ec2_backend.describe_availability_zones(zone_names=[self.placement.zone])
        self.placement.availability_zone_id = zones[0].zone_id if zones else None  # type: ignore[attr-defined]  # picked up by the serialiser
        self._tell("pending")

    @property
    def arn(self) -> str:
        owner = self.owner_id
        return f"arn:aws:ec2:{self.region_name}:{owner}:instance/{self.id}"

    @property
    def instance_status(self) -> Summary:
        return self._summary(super().instance_status)

    @property
    def system_status(self) -> Summary:
        return self._summary(super().system_status)

    def terminate(self) -> Ec2State:
        """Start to end; ``finish`` does it, when the time has come."""
        before = Ec2State(self._state.name, self._state.code)
        if self._state.code not in (SHUTTING_DOWN, TERMINATED):
            self._state = Ec2State("shutting-down", SHUTTING_DOWN)
            self.ending_since = utcnow()
            ENDING.append(self)
            self._tell("shutting-down")
        return before

    def finish(self) -> None:
        """End: the address is free again, and DescribeInstances says who ordered it."""
        if self._state.code == TERMINATED:
            return
        super().terminate()
        if self.interrupted_at is not None:
            self._reason = f"Server.SpotInstanceTermination ({utcnow():%Y-%m-%d %H:%M:%S} GMT)"
            self.state_reason = StateReason(
                "Server.SpotInstanceTermination: Spot instance termination",
                "Server.SpotInstanceTermination",
            )
        self._tell("terminated")

    def may_finish(self, now: datetime) -> bool:
        """Whether its end is due; in a failed zone EC2 cannot confirm it, and it hangs."""
        since = self.ending_since
        due = since is not None and now - since >= STOPS_IN
        return due and self._state.code == SHUTTING_DOWN and self.impaired_since is None

    def started(self) -> None:
        """Its group has seen it come up; moto shows an instance as running from the first."""
        self._tell("running")

    def _tell(self, state: str) -> None:
        tell(
            "aws.ec2",
            "EC2 Instance State-change Notification",
            self.arn,
            {"instance-id": self.id, "state": state},
        )

    def _summary(self, healthy: Summary) -> Summary:
        since = self.impaired_since
        if since is None or self.state_code != RUNNING or utcnow() - since < CHECKED_EVERY:
            return healthy
        failed = {"Name": "reachability", "Status": "failed", "ImpairedSince": since}
        return {"Status": "impaired", "Details": [failed]}


class SandboxMember(InstanceState):
    """A group's instance with what the reconciler must remember about it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # moto's own signature
        super().__init__(*args, **kwargs)
        self.since = utcnow()
        self.image_id = self.instance.image_id
        # The member launched in its place, which must be in service before this one goes, and why.
        self.successor: SandboxMember | None = None
        self.leaves_because = ""
        # The activity that its group has under way about it.
        self.activity: dict[str, Any] | None = None
        # How it was last drawn, and of what; see ``sopctl.sandbox.aws.portrait``.
        self.portrait: tuple[tuple[object, ...], object] | None = None
        # Of a lifecycle hook that it waits for: the token, what was said, the last sign of life.
        self.token = ""
        self.answer: str | None = None
        self.heartbeat = self.since

    @property
    def machine(self) -> SandboxInstance:
        """The EC2 instance."""
        assert isinstance(self.instance, SandboxInstance)
        return self.instance

    @property
    def availability_zone_id(self) -> str:
        """The physical zone, which the API returns beside the name."""
        return zone_ids(self.auto_scaling_group, [self.availability_zone])[0]

    @property
    def zone(self) -> str:
        return self.availability_zone or ""

    @property
    def impaired_since(self) -> datetime | None:
        """When its machine failed, naive UTC; None while it works."""
        return self.machine.impaired_since

    @impaired_since.setter
    def impaired_since(self, moment: datetime | None) -> None:
        self.machine.impaired_since = moment

    def enter(self, state: str) -> None:
        """Change the lifecycle state now."""
        self.lifecycle_state = state
        self.since = utcnow()


def zone_ids(group: FakeAutoScalingGroup, names: list[str | None]) -> list[str]:
    """The physical ids of zones, in the given order."""
    zones = group.ec2_backend.describe_availability_zones()
    by_name = {zone.name: zone.zone_id for zone in zones}
    return [by_name[name] for name in names if name in by_name]


def every_instance(backend: InstanceBackend, filters: Any = None) -> list[Instance]:  # noqa: ANN401  # moto's own signature
    """All instances; moto copied every reservation of the region to look at one instance."""
    everything = [one for each in backend.reservations.values() for one in each.instances]
    return [one for one in everything if one.applies(filters)] if filters else everything


class AnyType:
    """Says that a type is offered; moto looked through all offers, to say no to none."""

    def matches_filters(self, *_: object) -> bool:
        return True
