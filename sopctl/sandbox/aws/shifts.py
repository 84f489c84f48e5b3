"""Zonal shifts: which resource is shifted away from which zone, until when.

The rules of Amazon Application Recovery Controller, on values and moments given by the caller.
Source: ARC developer guide, "Zonal shift in ARC", and the API reference of arc-zonal-shift.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sopctl.sandbox.aws.errors import ServiceError

EXPIRES_IN = re.compile(r"([1-9][0-9]*)(m|h)")
LONGEST = timedelta(hours=72)
LONGEST_COMMENT = 128
EXISTS = "ZonalShiftAlreadyExists"
SIMULTANEOUS = "SimultaneousZonalShiftsConflict"

Status = Literal["ACTIVE", "EXPIRED", "CANCELED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A shift that somebody started; *away* is a zone id, *resource* an ARN."""

    id: str
    resource: str
    away: str
    comment: str
    started: datetime
    expires: datetime
    status: Status = "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoshift:
    """A shift by AWS away from the zone id *away*, of every resource that lets it."""

    away: str
    started: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """A resource that can be shifted: *zones* are ids; *kind* says of what service."""

    arn: str
    name: str
    zones: tuple[str, ...]
    kind: Literal["elb", "asg", "eks"]


class Shifts:
    """All shifts that there are and were. Moments are aware."""

    def __init__(self) -> None:
        self.all: list[Shift] = []
        self.autoshifts: list[Autoshift] = []
        # ARNs whose owner changed what is so by default; see ``lets_autoshift``.
        self._autoshift: dict[str, bool] = {}

    def start(
        self, resource: Managed, away: str, expires_in: str, comment: str, now: datetime
    ) -> Shift:
        """Start a shift; raises ServiceError as ARC refuses."""
        if away not in resource.zones:
            raise _invalid("UnsupportedAz", f"{away} is not a zone of {resource.arn}.")
        for shift in self.active(resource.arn):
            same = shift.away == away
            raise ServiceError(
                "ConflictException",
                f"{resource.arn} has an active zonal shift already, away from {shift.away}.",
                {"reason": EXISTS if same else SIMULTANEOUS, "zonalShiftId": shift.id},
            )
        shift = Shift(
            id=str(uuid.uuid4()),
            resource=resource.arn,
            away=away,
            comment=_comment(comment),
            started=now,
            expires=now + duration(expires_in),
        )
        self.all.append(shift)
        return shift

    def update(self, id_: str, expires_in: str | None, comment: str | None, now: datetime) -> Shift:
        """Change an active shift; it expires *expires_in* from now."""
        shift = self._active_by_id(id_)
        changed = replace(
            shift,
            comment=shift.comment if comment is None else _comment(comment),
            expires=shift.expires if expires_in is None else now + duration(expires_in),
        )
        return self._put(shift, changed)

    def cancel(self, id_: str) -> Shift:
        """End an active shift."""
        shift = self._active_by_id(id_)
        return self._put(shift, replace(shift, status="CANCELED"))

    def expire(self, now: datetime) -> None:
        """End those whose time is over."""
        for shift in self.all:
            if shift.status == "ACTIVE" and now >= shift.expires:
                self._put(shift, replace(shift, status="EXPIRED"))

    @property
    def busy(self) -> bool:
        """Whether any shift is in force."""
        return any(shift.status == "ACTIVE" for shift in self.all) or any(
            autoshift.ended is None for autoshift in self.autoshifts
        )

    def active(self, resource: str) -> list[Shift]:
        """The active shifts of a resource: at most one."""
        return [s for s in self.all if s.resource == resource and s.status == "ACTIVE"]

    def away_from(self, resource: Managed) -> str | None:
        """The zone id that *resource* is shifted away from now; one's own shift goes first."""
        for shift in self.active(resource.arn):
            return shift.away
        if self.lets_autoshift(resource):
            for autoshift in self.autoshifts:
                if autoshift.ended is None and autoshift.away in resource.zones:
                    return autoshift.away
        return None

    def start_autoshift(self, away: str, now: datetime) -> None:
        """AWS moves traffic away from the zone id *away*."""
        if not any(each.away == away and each.ended is None for each in self.autoshifts):
            self.autoshifts.append(Autoshift(away=away, started=now))

    def end_autoshift(self, away: str, now: datetime) -> None:
        """AWS brings traffic back to the zone id *away*."""
        self.autoshifts = [
            replace(each, ended=now) if each.away == away and each.ended is None else each
            for each in self.autoshifts
        ]

    def allow_autoshift(self, resource: Managed, *, allowed: bool) -> None:
        """Let AWS shift *resource*, or not."""
        self._autoshift[resource.arn] = allowed

    def lets_autoshift(self, resource: Managed) -> bool:
        """Whether AWS may shift *resource*; a cluster with zonal shift has it from the start."""
        return self._autoshift.get(resource.arn, resource.kind == "eks")

    def forget(self, resources: Iterable[str]) -> None:
        """Cancel the shifts of resources that are no longer managed."""
        gone = set(resources)
        for shift in self.all:
            if shift.status == "ACTIVE" and shift.resource in gone:
                self._put(shift, replace(shift, status="CANCELED"))

    def _active_by_id(self, id_: str) -> Shift:
        for shift in self.all:
            if shift.id == id_:
                if shift.status != "ACTIVE":
                    raise ServiceError(
                        "ConflictException",
                        f"The zonal shift {id_} is {shift.status}, not ACTIVE.",
                        {"reason": "ZonalShiftStatusNotActive", "zonalShiftId": id_},
                    )
                return shift
        raise ServiceError("ResourceNotFoundException", f"There is no zonal shift {id_}.")

    def _put(self, old: Shift, new: Shift) -> Shift:
        self.all[self.all.index(old)] = new
        return new


def duration(text: str) -> timedelta:
    """``120m`` or ``72h``, from a minute to 72 hours; raises ValidationException."""
    found = EXPIRES_IN.fullmatch(text)
    if found is None:
        raise _invalid("InvalidExpiresIn", f"expiresIn is a number and m or h, not {text!r}.")
    number, unit = int(found[1]), found[2]
    span = timedelta(minutes=number) if unit == "m" else timedelta(hours=number)
    if span > LONGEST:
        raise _invalid("InvalidExpiresIn", f"expiresIn is at most 72 hours, not {text}.")
    return span


def _comment(text: str) -> str:
    if len(text) > LONGEST_COMMENT:
        raise _invalid("MissingValue", f"A comment has at most {LONGEST_COMMENT} characters.")
    return text


def _invalid(reason: str, message: str) -> ServiceError:
    return ServiceError("ValidationException", message, {"reason": reason})
