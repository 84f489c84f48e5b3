"""Capacity that runs out: so many more instances in a zone, then none.

Source: EC2 answers InsufficientInstanceCapacity when a zone has none of a type left ("Troubleshoot
instance launch issues"); after a zone fails, everybody launches in the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sopctl.sandbox.aws.cloud import Cloud


class Shortage:
    """While it is in force, each of *zones* takes *more* instances and then no other."""

    def __init__(self, cloud: Cloud, zones: Collection[str], more: int, since: datetime) -> None:
        self._cloud = cloud
        self._zones = frozenset(zones)
        self._more = more
        self._since = since
        self._over = False
        self._usually: Callable[[str], bool] = cloud.launchable
        cloud.launchable = self._launchable

    def end(self) -> None:
        """There is capacity again."""
        self._over = True

    def _launchable(self, zone: str) -> bool:
        if not self._over and zone in self._zones and self._taken(zone) >= self._more:
            return False
        return self._usually(zone)

    def _taken(self, zone: str) -> int:
        return sum(
            each.zone == zone and each.launched > self._since
            for group in self._cloud.groups()
            for each in group.instances
        )
