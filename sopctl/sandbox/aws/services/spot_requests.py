"""The spot requests behind the spot instances of groups, and what became of them.

Source: EC2 user guide, "Get the status of a Spot Instance request". EC2 shows an ended request for
four hours; the sandbox for as long as it shows the instance, which is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sopctl.sandbox.aws.desk import Handler, Params
from sopctl.sandbox.aws.errors import ServiceError
from sopctl.sandbox.aws.patches.instances import RUNNING, SandboxInstance
from sopctl.sandbox.aws.protocol import Request
from sopctl.sandbox.aws.region import Region

WORDS = {
    "fulfilled": "Your spot request is fulfilled.",
    "marked-for-termination": "Your Spot instance is marked for termination.",
    "instance-terminated-no-capacity": (
        "Your Spot instance was terminated because there is no Spot capacity available."
    ),
    "instance-terminated-by-user": "Spot instance terminated due to user-initiated termination.",
}

FILTERS: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "instance-id": lambda found: str(found["InstanceId"]),
    "state": lambda found: str(found["State"]),
    "status-code": lambda found: str(found["Status"]["Code"]),
    "spot-instance-request-id": lambda found: str(found["SpotInstanceRequestId"]),
}


class SpotRequests:
    """The API over a region's instances; requests that clients make themselves are not shown."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.operations: dict[str, Handler] = {"DescribeSpotInstanceRequests": self._describe}

    def _describe(self, params: Params, _: Request) -> Params:
        found = [_request(each) for each in self._region.instances() if each.lifecycle == "spot"]
        ids = params.get("SpotInstanceRequestIds")
        if ids:
            found = [each for each in found if each["SpotInstanceRequestId"] in ids]
        for item in params.get("Filters", []):
            found = _filtered(found, item["Name"], item["Values"])
        return {"SpotInstanceRequests": found}


def _request(instance: SandboxInstance) -> dict[str, Any]:
    code = _status(instance)
    return {
        "SpotInstanceRequestId": f"sir-{instance.id[-8:]}",
        "InstanceId": instance.id,
        "State": "active" if instance.state_code == RUNNING else "closed",
        "Status": {"Code": code, "Message": WORDS[code]},
        "Type": "one-time",
        "InstanceInterruptionBehavior": "terminate",
        "LaunchedAvailabilityZone": instance.placement.zone,
        "CreateTime": instance.launch_time,
        "ProductDescription": "Linux/UNIX",
    }


def _status(instance: SandboxInstance) -> str:
    taken = instance.interrupted_at is not None
    if instance.state_code == RUNNING:
        return "marked-for-termination" if taken else "fulfilled"
    return "instance-terminated-no-capacity" if taken else "instance-terminated-by-user"


def _filtered(
    found: Sequence[dict[str, Any]], name: str, values: Sequence[str]
) -> list[dict[str, Any]]:
    read = FILTERS.get(name)
    if read is None:
        raise ServiceError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return [each for each in found if read(each) in values]
