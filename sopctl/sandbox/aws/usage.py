"""How much spot ran, hour by hour and pool by pool: what Capacity Manager reports from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sopctl.sandbox.aws.patches.instances import SHUTTING_DOWN, SandboxInstance

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Hour:
    """One pool in one hour: instance-hours used, and which instances used them."""

    used: float = 0.0
    instances: set[str] = field(default_factory=set)


class Usage:
    """The hours of all spot pools, counted at every round; moments are naive UTC."""

    def __init__(self) -> None:
        # (start of the hour, zone id, instance type) -> what ran.
        self.hours: dict[tuple[datetime, str, str], Hour] = {}
        self._last: datetime | None = None
        # Whether somebody has enabled Capacity Manager.
        self.reported = False

    def due(self, now: datetime) -> bool:
        """Whether it is time to count: once a minute, which is exact enough for hours."""
        return self._last is None or now - self._last >= MINUTE

    def count(self, instances: Iterable[SandboxInstance], now: datetime) -> None:
        """Add what has run since the last count, of longer than an hour its last."""
        elapsed = now - self._last if self._last is not None else timedelta()
        self._last = now
        start = now.replace(minute=0, second=0, microsecond=0)
        for instance in instances:
            if instance.lifecycle != "spot" or instance.state_code >= SHUTTING_DOWN:
                continue
            zone = str(instance.placement.availability_zone_id)  # type: ignore[attr-defined]  # set by ours
            hour = self.hours.setdefault((start, zone, instance.instance_type), Hour())
            hour.used += min(elapsed, HOUR) / HOUR
            hour.instances.add(instance.id)
