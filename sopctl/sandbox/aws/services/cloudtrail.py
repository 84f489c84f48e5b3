"""LookupEvents over the calls that the front saw, with CloudTrail's limits and its delay.

Source: CloudTrail API reference, LookupEvents: one attribute, at most 50 events a page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sopctl.sandbox.aws.desk import Handler, Params, parse_request
from sopctl.sandbox.aws.errors import ServiceError
from sopctl.sandbox.aws.pages import BadTokenError, page
from sopctl.sandbox.aws.protocol import Request
from sopctl.sandbox.aws.reclaim import Loss
from sopctl.sandbox.aws.region import Region
from sopctl.sandbox.aws.resources import ANY, touched
from sopctl.sandbox.aws.trail import DELAY, Entry, identity

PAGE = 50
KEPT = timedelta(days=90)

# An Event of the API.
Event = dict[str, Any]

ATTRIBUTES: Mapping[str, Callable[[Event], list[str]]] = {
    "EventId": lambda event: [event["EventId"]],
    "EventName": lambda event: [event["EventName"]],
    "ReadOnly": lambda event: [event["ReadOnly"]],
    "Username": lambda event: [event.get("Username", "")],
    "ResourceType": lambda event: [each["ResourceType"] for each in event["Resources"]],
    "ResourceName": lambda event: [each["ResourceName"] for each in event["Resources"]],
    "EventSource": lambda event: [event["EventSource"]],
    "AccessKeyId": lambda event: [event.get("AccessKeyId", "")],
}


class CloudTrail:
    """The API over a region's trail."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.operations: dict[str, Handler] = {"LookupEvents": self._look_up}

    def _look_up(self, params: Params, _: Request) -> Params:
        attributes = params.get("LookupAttributes", [])
        if len(attributes) > 1:
            raise ServiceError(
                "InvalidLookupAttributesException",
                "You can only specify one lookup attribute in a request.",
            )
        size = int(params.get("MaxResults") or PAGE)
        if not 1 <= size <= PAGE:
            raise ServiceError(
                "InvalidMaxResultsException", f"MaxResults is between 1 and {PAGE}, not {size}."
            )
        now = self._region.now()
        start, end = _moment(params, "StartTime", now - KEPT), _moment(params, "EndTime", now)
        if start > end:
            raise ServiceError("InvalidTimeRangeException", "The start time is after the end time.")
        found = [event for event in self._events(now) if start <= event["EventTime"] <= end]
        for attribute in attributes:
            read = ATTRIBUTES[attribute["AttributeKey"]]
            found = [event for event in found if attribute["AttributeValue"] in read(event)]
        try:
            events, token = page(found, params.get("NextToken"), size)
        except BadTokenError as error:
            raise ServiceError("InvalidNextTokenException", "The token is invalid.") from error
        return {"Events": events, "NextToken": token}

    def _events(self, now: datetime) -> list[Event]:
        calls = [self._event(entry) for entry in self._region.trail.delivered(now)]
        naive = self._region.naive_now()
        losses = [
            self._eviction(loss)
            for loss in self._region.reclaims.losses
            if naive - loss.at >= DELAY
        ]
        return sorted([*calls, *losses], key=lambda event: event["EventTime"], reverse=True)

    def _event(self, entry: Entry) -> Event:
        request = entry.request
        params = parse_request(request)
        resources = touched(self._region, request.service, request.operation, params)
        source = f"{request.service}.amazonaws.com"
        read_only = "false" if request.mutating else "true"
        record = {
            **self._record(entry.id, request.operation, source, entry.time),
            "userIdentity": identity(entry.principal, self._region.account, request.access_key),
            "sourceIPAddress": "127.0.0.1",
            "userAgent": request.headers.get("user-agent", ""),
            "requestParameters": {_camel(name): value for name, value in params.items()} or None,
            "responseElements": None,
            "requestID": entry.request_id,
            "readOnly": not request.mutating,
            "eventType": "AwsApiCall",
            **({"errorCode": entry.error} if entry.error else {}),
        }
        return {
            "EventId": entry.id,
            "EventName": request.operation,
            "ReadOnly": read_only,
            "AccessKeyId": request.access_key,
            "EventTime": entry.time,
            "EventSource": source,
            "Username": entry.principal.name,
            "Resources": [
                {"ResourceType": each.kind, "ResourceName": each.name}
                for each in resources
                if each.arn != ANY
            ],
            "CloudTrailEvent": json.dumps(record, default=str),
        }

    def _eviction(self, loss: Loss) -> Event:
        moment = self._region.aware(loss.at)
        record = {
            **self._record(loss.id, "BidEvictedEvent", "ec2.amazonaws.com", moment),
            "userIdentity": {
                "accountId": self._region.account,
                "invokedBy": "ec2.amazonaws.com",
            },
            "sourceIPAddress": "ec2.amazonaws.com",
            "userAgent": "ec2.amazonaws.com",
            "readOnly": False,
            "eventType": "AwsServiceEvent",
            "serviceEventDetails": {"instanceIdSet": [loss.instance_id]},
        }
        return {
            "EventId": loss.id,
            "EventName": "BidEvictedEvent",
            "ReadOnly": "false",
            "EventTime": moment,
            "EventSource": "ec2.amazonaws.com",
            "Resources": [],
            "CloudTrailEvent": json.dumps(record),
        }

    def _record(self, id_: str, name: str, source: str, moment: datetime) -> dict[str, Any]:
        return {
            "eventVersion": "1.11",
            "eventTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": source,
            "eventName": name,
            "awsRegion": self._region.region,
            "eventID": id_,
            "managementEvent": True,
            "recipientAccountId": self._region.account,
            "eventCategory": "Management",
        }


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]


def _moment(params: Params, name: str, otherwise: datetime) -> datetime:
    moment = params.get(name)
    return moment if isinstance(moment, datetime) else otherwise
