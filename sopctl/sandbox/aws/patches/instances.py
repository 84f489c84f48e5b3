"""EC2 instances that can be impaired, and that say which physical zone they are in.

Gaps of moto 5.2 closed here: every status check passes for ever; a placement has no zone id.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.instances import Instance

RUNNING = 16
# Status checks run every minute (EC2 user guide, "Status checks for your instances").
CHECKED_EVERY = timedelta(seconds=60)

# An InstanceStatusSummary of the API.
Summary = dict[str, Any]


class SandboxInstance(Instance):
    """An instance whose machine may have failed: ``impaired_since``, naive UTC as in moto."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # moto's own signature
        self.impaired_since: datetime | None = None
        super().__init__(*args, **kwargs)
        zones = self.ec2_backend.describe_availability_zones(zone_names=[self.placement.zone])
        self.placement.availability_zone_id = zones[0].zone_id if zones else None  # type: ignore[attr-defined]  # picked up by the serialiser

    @property
    def instance_status(self) -> Summary:
        return self._summary(super().instance_status)

    @property
    def system_status(self) -> Summary:
        return self._summary(super().system_status)

    def _summary(self, healthy: Summary) -> Summary:
        since = self.impaired_since
        if since is None or self.state_code != RUNNING or utcnow() - since < CHECKED_EVERY:
            return healthy
        failed = {"Name": "reachability", "Status": "failed", "ImpairedSince": since}
        return {"Status": "impaired", "Details": [failed]}
