"""Spot placement scores, from what the pools have left.

Source: EC2 API reference, GetSpotPlacementScores; EC2 user guide, "Spot placement score": 1 to 10,
low for fewer than three types, and few new configurations in 24 hours.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sopctl.sandbox.aws.desk import Handler, Params
from sopctl.sandbox.aws.errors import ServiceError
from sopctl.sandbox.aws.protocol import Request
from sopctl.sandbox.aws.region import Region
from sopctl.sandbox.aws.supply import Pool

MOST_CONFIGURATIONS = 10
FORGOTTEN_AFTER = timedelta(hours=24)
BEST = 9
FEW_TYPES = 3
LOW = 3

Configuration = tuple[tuple[str, ...], int, bool]


class Placement:
    """The API over a region's supply; remembers who asked for what lately."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._asked: dict[Configuration, datetime] = {}
        self._supply = region.supply
        self.operations: dict[str, Handler] = {"GetSpotPlacementScores": self._score}

    def _score(self, params: Params, _: Request) -> Params:
        types = tuple(sorted(params.get("InstanceTypes", [])))
        if not types:
            raise ServiceError(
                "InvalidParameterValue", "the sandbox scores InstanceTypes, not requirements"
            )
        wanted = int(params["TargetCapacity"])
        by_zone = bool(params.get("SingleAvailabilityZone", False))
        self._admit((types, wanted, by_zone))
        region = self._region.region
        zones = [(zone.id, self._of_zone(zone.name, types, wanted)) for zone in self._region.zones]
        if by_zone:
            scores = [
                {"Region": region, "AvailabilityZoneId": id_, "Score": score}
                for id_, score in zones
            ]
        else:
            scores = [{"Region": region, "Score": max(score for _, score in zones)}]
        return {"SpotPlacementScores": scores}

    def _of_zone(self, zone: str, types: tuple[str, ...], wanted: int) -> int:
        room = sum(self._region.supply.room(Pool(zone=zone, type=name)) for name in types)
        score = max(1, round(BEST * min(1.0, room / max(1, wanted))))
        return min(LOW, score) if len(types) < FEW_TYPES else score

    def _admit(self, configuration: Configuration) -> None:
        now = self._region.now()
        if self._region.supply is not self._supply:  # the region was reset
            self._supply = self._region.supply
            self._asked.clear()
        self._asked = {c: at for c, at in self._asked.items() if now - at < FORGOTTEN_AFTER}
        if configuration not in self._asked and len(self._asked) >= MOST_CONFIGURATIONS:
            raise ServiceError(
                "MaxConfigLimitExceeded",
                "You have exceeded the maximum number of new configurations that you can use in "
                "24 hours.",
            )
        self._asked.setdefault(configuration, now)
