"""What Application Recovery Controller can shift away from a zone, and what it has shifted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sopctl.providers.aws import Aws

_OURS = "sopctl run="
FORMAT = "%Y-%m-%dT%H:%M:%SZ"  # ARC knows seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A zonal shift in force: *away_from* is a zone id, *until* a time in RFC 3339.

    *id* is empty for a shift that AWS started itself (zonal autoshift), which has no end set.
    """

    id: str
    away_from: str
    until: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """A resource that can be shifted; *weights* are by zone id, 0 is shifted away."""

    arn: str
    name: str
    weights: Mapping[str, float] = field(default_factory=dict)
    shift: Shift | None = None

    @property
    def kind(self) -> str:
        """``load_balancer``, ``cluster`` or ``group``."""
        resource = self.arn.split(":", 5)[-1]
        if resource.startswith("loadbalancer/"):
            return "load_balancer"
        return "cluster" if resource.startswith("cluster/") else "group"


def read(aws: Aws) -> Mapping[str, Managed]:
    """All resources of the account and region that zonal shift is enabled for, by ARN.

    One list, whatever their number. Source: ARC API reference, ListManagedResources.
    """
    found = aws.pages("arc-zonal-shift", "list_managed_resources", "items")
    return {each["arn"]: _managed(each) for each in found}


def comment(run: str) -> str:
    """What a shift of *run* says; ARC takes 128 characters."""
    return f"{_OURS}{run}"


def _managed(raw: Mapping[str, Any]) -> Managed:
    return Managed(
        arn=raw["arn"],
        name=raw.get("name") or raw["arn"].rpartition("/")[2],
        weights=raw.get("appliedWeights") or {},
        shift=_in_force(raw),
    )


def _in_force(raw: Mapping[str, Any]) -> Shift | None:
    """The shift that is applied, but for a practice run, which gives way to a shift of ours.

    Source: ARC developer guide, "How zonal autoshift and practice runs work".
    """
    for each in raw.get("zonalShifts") or ():
        if each["appliedStatus"] != "APPLIED" or each.get("shiftType") == "PRACTICE_RUN":
            continue
        until: datetime = each["expiryTime"]
        return Shift(
            id=each["zonalShiftId"],
            away_from=each["awayFrom"],
            until=until.astimezone(UTC).strftime(FORMAT),
            comment=each.get("comment", ""),
        )
    for each in raw.get("autoshifts") or ():
        if each.get("appliedStatus") == "APPLIED":
            return Shift(id="", away_from=each["awayFrom"], comment="zonal autoshift by AWS")
    return None
