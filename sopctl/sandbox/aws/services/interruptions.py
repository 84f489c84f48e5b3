"""EC2 Capacity Manager: what spot was used and interrupted, by zone and type.

Source: EC2 API reference, GetCapacityManagerMetricData and EnableCapacityManager. Of the metrics
only those of spot are known; a rate is a percentage of the instances that ran.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sopctl.sandbox.aws.desk import Handler, Params
from sopctl.sandbox.aws.errors import ServiceError
from sopctl.sandbox.aws.pages import BadTokenError, page
from sopctl.sandbox.aws.protocol import Request
from sopctl.sandbox.aws.reclaim import Loss
from sopctl.sandbox.aws.region import Region
from sopctl.sandbox.aws.supply import vcpus
from sopctl.sandbox.aws.usage import HOUR

MOST_METRICS = 10
PAGE = 100_000
# Data is complete some time after the hour that it is of.
INGESTED_AFTER = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class Cell:
    """One row: what ran (type and hours) and what was lost in a period, of one group of pools."""

    used: list[tuple[str, float]] = field(default_factory=list)
    instances: set[str] = field(default_factory=set)
    losses: list[Loss] = field(default_factory=list)


def _runtime(choose: Callable[[Sequence[float]], float]) -> Callable[[Cell], float]:
    def hours(cell: Cell) -> float:
        times = [loss.lifetime / HOUR for loss in cell.losses]
        return choose(times) if times else 0.0

    return hours


METRICS: Mapping[str, Callable[[Cell], float]] = {
    "spot-total-usage-hrs-inst": lambda cell: sum(hours for _, hours in cell.used),
    "spot-total-usage-hrs-vcpu": lambda cell: sum(vcpus(name) * hours for name, hours in cell.used),
    "spot-total-count-inst": lambda cell: len(cell.instances),
    "spot-total-interruptions-inst": lambda cell: len(cell.losses),
    "spot-total-interruptions-vcpu": lambda cell: sum(vcpus(loss.type) for loss in cell.losses),
    "spot-interruption-rate-inst": lambda cell: (
        100 * len(cell.losses) / len(cell.instances) if cell.instances else 0.0
    ),
    "spot-avg-run-time-before-interruption-inst": _runtime(lambda times: sum(times) / len(times)),
    "spot-max-run-time-before-interruption-inst": _runtime(max),
    "spot-min-run-time-before-interruption-inst": _runtime(min),
}
# Dimension of a query -> its member in a result.
DIMENSIONS = {
    "resource-region": "ResourceRegion",
    "availability-zone-id": "AvailabilityZoneId",
    "account-id": "AccountId",
    "instance-type": "InstanceType",
    "instance-family": "InstanceFamily",
}


class CapacityManager:
    """The API over a region's usage and losses."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.operations: dict[str, Handler] = {
            "EnableCapacityManager": lambda _, __: self._switch(on=True),
            "DisableCapacityManager": lambda _, __: self._switch(on=False),
            "GetCapacityManagerAttributes": lambda _, __: self._status(),
            "GetCapacityManagerMetricData": self._data,
        }

    def _switch(self, *, on: bool) -> Params:
        self._region.usage.reported = on
        return self._status()

    def _status(self) -> Params:
        on = self._region.usage.reported
        return {
            "CapacityManagerStatus": "enabled" if on else "disabled",
            "OrganizationsAccess": False,
        }

    def _data(self, params: Params, _: Request) -> Params:
        if not self._region.usage.reported:
            raise _invalid("Capacity Manager is not enabled; call EnableCapacityManager first.")
        names = params.get("MetricNames", [])
        _check(names, METRICS, "metric")
        if len(names) > MOST_METRICS:
            raise _invalid(f"At most {MOST_METRICS} metrics can be asked for in a request.")
        start, end = _naive(params["StartTime"]), _naive(params["EndTime"])
        period = timedelta(seconds=int(params["Period"]))
        if period < HOUR or (end - start) % period:
            raise _invalid("The time range must be a multiple of the period, of an hour at least.")
        groups = params.get("GroupBy", [])
        _check(groups, DIMENSIONS, "dimension")
        rows = []
        complete = self._region.naive_now() - INGESTED_AFTER
        while start + period <= min(end, complete):
            rows += self._rows(start, start + period, groups, params.get("FilterBy", []), names)
            start += period
        try:
            found, token = page(rows, params.get("NextToken"), params.get("MaxResults") or PAGE)
        except BadTokenError as error:
            raise _invalid("The token is invalid.") from error
        return {"MetricDataResults": found, "NextToken": token}

    def _rows(
        self,
        start: datetime,
        end: datetime,
        groups: Sequence[str],
        filters: Sequence[dict[str, Any]],
        names: Sequence[str],
    ) -> list[dict[str, Any]]:
        cells = self._cells(start, end, groups, filters)
        return [
            {
                "Dimension": {
                    DIMENSIONS[name]: value for name, value in zip(groups, key, strict=True)
                },
                "Timestamp": start,
                "MetricValues": [
                    {"Metric": name, "Value": float(METRICS[name](cell))} for name in names
                ],
            }
            for key, cell in sorted(cells.items())
        ]

    def _cells(
        self,
        start: datetime,
        end: datetime,
        groups: Sequence[str],
        filters: Sequence[dict[str, Any]],
    ) -> dict[tuple[str, ...], Cell]:
        """What ran and was lost from *start* on, before *end*, by the values of *groups*."""
        cells: dict[tuple[str, ...], Cell] = defaultdict(Cell)
        for (hour, zone, kind), ran in self._region.usage.hours.items():
            pool = self._pool(zone, kind)
            if start <= hour < end and _passes(pool, filters):
                cell = cells[tuple(pool[name] for name in groups)]
                cell.used.append((kind, ran.used))
                cell.instances |= ran.instances
        for loss in self._region.reclaims.losses:
            pool = self._pool(loss.zone_id, loss.type)
            if start <= loss.at < end and _passes(pool, filters):
                cell = cells[tuple(pool[name] for name in groups)]
                cell.losses.append(loss)
                cell.instances.add(loss.instance_id)
        return cells

    def _pool(self, zone: str, kind: str) -> dict[str, str]:
        return {
            "resource-region": self._region.region,
            "availability-zone-id": zone,
            "account-id": self._region.account,
            "instance-type": kind,
            "instance-family": kind.partition(".")[0],
        }


def _passes(pool: Mapping[str, str], filters: Sequence[dict[str, Any]]) -> bool:
    conditions = [each["DimensionCondition"] for each in filters]
    _check([each["Dimension"] for each in conditions], DIMENSIONS, "dimension")
    return all(pool[each["Dimension"]] in each["Values"] for each in conditions)


def _check(names: Sequence[str], known: Mapping[str, object], what: str) -> None:
    for name in names:
        if name not in known:
            raise _invalid(f"the sandbox has no {what} {name}, only {', '.join(known)}")


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterValue", message)
