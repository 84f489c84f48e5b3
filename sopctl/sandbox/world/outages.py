"""Which zones and nodes have failed, since when, and whether it shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sopctl.sandbox.world.ports import Obj

ZONE = "topology.kubernetes.io/zone"


def zone_of(node: Obj) -> str:
    """Return the zone that a node says it is in."""
    return str((node["metadata"].get("labels") or {}).get(ZONE, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A zone that failed.

    In a gray failure its nodes stay Ready; launches fail, and `loss` is the share of requests
    that its pods lose.
    """

    zone: str
    since: datetime
    gray: bool
    loss: float = 0.0


class Outages:
    """The failed zones, and single nodes that fell silent."""

    def __init__(self) -> None:
        """Start with everything healthy."""
        self._failed: dict[str, Outage] = {}
        self._silent: dict[str, datetime] = {}

    def fail(self, outage: Outage) -> None:
        """Let a zone fail; failing again keeps the first instant."""
        known = self._failed.get(outage.zone)
        if known is not None and known.gray == outage.gray:
            outage = replace(outage, since=known.since)
        self._failed[outage.zone] = outage

    def heal(self, zone: str) -> None:
        """End the failure of a zone."""
        self._failed.pop(zone, None)

    def silence(self, node: str, since: datetime) -> None:
        """Let one node fall silent."""
        self._silent.setdefault(node, since)

    def revive(self, node: str) -> None:
        """Let a silent node be heard again."""
        self._silent.pop(node, None)

    def launchable(self, zone: str) -> bool:
        """Whether an instance can be launched in a zone now."""
        return zone not in self._failed

    def reaches(self, zone: str) -> bool:
        """Whether the control plane hears from machines in a zone."""
        outage = self._failed.get(zone)
        return outage is None or outage.gray

    def dead_since(self, node: Obj) -> datetime | None:
        """Return since when nothing has been heard from a node, or None while it lives."""
        if not self.any:
            return None
        outage = self._failed.get(zone_of(node))
        if outage is not None and not outage.gray:
            return outage.since
        return self._silent.get(node["metadata"]["name"])

    def answers(self, node: str, zone: str) -> bool:
        """Whether what runs on a node of a zone answers."""
        return self.reaches(zone) and node not in self._silent

    @property
    def any(self) -> bool:
        """Whether anything has failed at all."""
        return bool(self._failed or self._silent)

    @property
    def zones(self) -> tuple[Outage, ...]:
        """All outages."""
        return tuple(self._failed.values())
