"""arc-zonal-shift on the wire: starting, changing, ending and listing shifts.

Practice runs are not modelled. Source: API reference of arc-zonal-shift.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from sopctl.sandbox.aws.desk import Handler, Params
from sopctl.sandbox.aws.errors import ServiceError
from sopctl.sandbox.aws.pages import BadTokenError, page
from sopctl.sandbox.aws.protocol import Request
from sopctl.sandbox.aws.region import Region
from sopctl.sandbox.aws.shifts import Managed, Shift

PAGE = 100
STATUSES = ("ACTIVE", "EXPIRED", "CANCELED")

T = TypeVar("T")


class ZonalShifts:
    """The API over a region's shifts."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.operations: dict[str, Handler] = {
            "StartZonalShift": self._start,
            "UpdateZonalShift": self._update,
            "CancelZonalShift": self._cancel,
            "ListZonalShifts": self._list,
            "ListAutoshifts": self._list_autoshifts,
            "GetManagedResource": self._get,
            "ListManagedResources": self._list_managed,
            "UpdateZonalAutoshiftConfiguration": self._configure,
        }

    def _start(self, params: Params, _: Request) -> Params:
        for name in ("resourceIdentifier", "awayFrom", "expiresIn", "comment"):
            if params.get(name) is None:
                raise _invalid("MissingValue", f"{name} is missing.")
        known = [zone.id for zone in self._region.zones]
        if params["awayFrom"] not in known:
            raise _invalid(
                "InvalidAz",
                f"{params['awayFrom']} is not the id of a zone of {self._region.region}.",
            )
        resource = self._managed(params["resourceIdentifier"])
        shift = self._region.shifts.start(
            resource,
            params["awayFrom"],
            params["expiresIn"],
            params["comment"],
            self._region.now(),
        )
        self._region.apply_shifts()
        return _shift(shift)

    def _update(self, params: Params, _: Request) -> Params:
        shift = self._region.shifts.update(
            params["zonalShiftId"],
            params.get("expiresIn"),
            params.get("comment"),
            self._region.now(),
        )
        return _shift(shift)

    def _cancel(self, params: Params, _: Request) -> Params:
        shift = self._region.shifts.cancel(params["zonalShiftId"])
        self._region.apply_shifts()
        return _shift(shift)

    def _list(self, params: Params, _: Request) -> Params:
        self._region.shifts.expire(self._region.now())
        status, resource = params.get("status"), params.get("resourceIdentifier")
        if status is not None and status not in STATUSES:
            raise _invalid("InvalidStatus", f"status is one of {', '.join(STATUSES)}.")
        found = [
            shift
            for shift in self._region.shifts.all
            if status in (None, shift.status) and resource in (None, shift.resource)
        ]
        items, token = _page(found, params)
        listed = [{**_shift(shift), "shiftType": "ZONAL_SHIFT"} for shift in items]
        return {"items": listed, "nextToken": token}

    def _list_autoshifts(self, params: Params, _: Request) -> Params:
        found = [
            {
                "awayFrom": each.away,
                "startTime": each.started,
                "endTime": each.ended,
                "status": "ACTIVE" if each.ended is None else "COMPLETED",
            }
            for each in self._region.shifts.autoshifts
        ]
        chosen = [each for each in found if params.get("status") in (None, each["status"])]
        items, token = _page(chosen, params)
        return {"items": items, "nextToken": token}

    def _get(self, params: Params, _: Request) -> Params:
        return self._describe(self._managed(params["resourceIdentifier"]))

    def _list_managed(self, params: Params, _: Request) -> Params:
        items, token = _page(self._region.managed(), params)
        listed = [
            {**self._describe(resource), "availabilityZones": list(resource.zones)}
            for resource in items
        ]
        return {"items": listed, "nextToken": token}

    def _configure(self, params: Params, _: Request) -> Params:
        resource = self._managed(params["resourceIdentifier"])
        wanted = params["zonalAutoshiftStatus"]
        self._region.shifts.allow_autoshift(resource, allowed=wanted == "ENABLED")
        self._region.apply_shifts()
        return {"resourceIdentifier": resource.arn, "zonalAutoshiftStatus": wanted}

    def _managed(self, arn: str) -> Managed:
        if not arn.startswith("arn:"):
            raise _invalid("InvalidResourceIdentifier", f"{arn} is not an ARN.")
        for resource in self._region.managed():
            if resource.arn == arn:
                return resource
        raise ServiceError(
            "ResourceNotFoundException",
            f"{arn} is not a managed resource: it is not there, or zonal shift is not enabled.",
        )

    def _describe(self, resource: Managed) -> Params:
        shifts = self._region.shifts
        shifts.expire(self._region.now())
        away = shifts.away_from(resource)
        own = shifts.active(resource.arn)
        lets = shifts.lets_autoshift(resource)
        autoshifts = [
            {
                "appliedStatus": "NOT_APPLIED" if own else "APPLIED",
                "awayFrom": each.away,
                "startTime": each.started,
            }
            for each in shifts.autoshifts
            if lets and each.ended is None and each.away in resource.zones
        ]
        applied = {"appliedStatus": "APPLIED", "shiftType": "ZONAL_SHIFT"}
        return {
            "arn": resource.arn,
            "name": resource.name,
            "appliedWeights": {zone: 0.0 if zone == away else 1.0 for zone in resource.zones},
            "zonalShifts": [{**_shift(shift), **applied} for shift in own],
            "autoshifts": autoshifts,
            "zonalAutoshiftStatus": "ENABLED" if lets else "DISABLED",
        }


def _shift(shift: Shift) -> dict[str, Any]:
    return {
        "zonalShiftId": shift.id,
        "resourceIdentifier": shift.resource,
        "awayFrom": shift.away,
        "expiryTime": shift.expires,
        "startTime": shift.started,
        "status": shift.status,
        "comment": shift.comment,
    }


def _page(rows: Sequence[T], params: Params) -> tuple[list[T], str | None]:
    try:
        return page(rows, params.get("nextToken"), int(params.get("maxResults") or PAGE))
    except BadTokenError as error:
        raise _invalid("InvalidToken", "The token is invalid.") from error


def _invalid(reason: str, message: str) -> ServiceError:
    return ServiceError("ValidationException", message, {"reason": reason})
