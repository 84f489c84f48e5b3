"""Which zones have failed, since when, and whether their nodes notice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sopctl.sandbox.world.ports import Obj

ZONE = "topology.kubernetes.io/zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A zone that failed. In a gray failure its nodes stay Ready; only launches fail."""

    zone: str
    since: datetime
    gray: bool


class Outages:
    """The failed zones."""

    def __init__(self) -> None:
        """Start with every zone healthy."""
        self._failed: dict[str, Outage] = {}

    def fail(self, outage: Outage) -> None:
        """Let a zone fail; failing again keeps the first instant."""
        known = self._failed.get(outage.zone)
        if known is None or known.gray != outage.gray:
            self._failed[outage.zone] = outage

    def heal(self, zone: str) -> None:
        """End the failure of a zone."""
        self._failed.pop(zone, None)

    def launchable(self, zone: str) -> bool:
        """Whether an instance can be launched in a zone now."""
        return zone not in self._failed

    def reaches(self, zone: str) -> bool:
        """Whether the control plane hears from machines in a zone."""
        outage = self._failed.get(zone)
        return outage is None or outage.gray

    def dead_since(self, node: Obj) -> datetime | None:
        """Return since when nothing has been heard from a node, or None while it lives."""
        zone = (node["metadata"].get("labels") or {}).get(ZONE, "")
        outage = self._failed.get(zone)
        return None if outage is None or outage.gray else outage.since

    @property
    def zones(self) -> tuple[Outage, ...]:
        """All outages."""
        return tuple(self._failed.values())
