"""EC2 instances: what EC2 says of them now."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sopctl.providers.aws import Aws

STOPPED = ("stopped", "terminated")
PER_CALL = 100
GROUP_TAG = "aws:autoscaling:groupName"
INTERRUPTED = ("Server.SpotInstanceTermination", "Server.SpotInstanceShutdown")
_WHEN = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """A spot instance that EC2 took back: *pool* is its zone and type."""

    instance: str
    group: str
    pool: str
    at: datetime


def states(aws: Aws, ids: Sequence[str]) -> Mapping[str, str]:
    """The state of each instance, such as running; what EC2 does not know is left out.

    Asked by filter, because a call by ids fails as a whole for one that is forgotten (an hour
    after its end). Source: EC2 API reference, DescribeInstances.
    """
    found: dict[str, str] = {}
    for start in range(0, len(ids), PER_CALL):
        chunk = sorted(set(ids[start : start + PER_CALL]))
        filters = [{"Name": "instance-id", "Values": chunk}]
        for reservation in aws.pages("ec2", "describe_instances", "Reservations", Filters=filters):
            for each in reservation["Instances"]:
                found[each["InstanceId"]] = each["State"]["Name"]
    return found


def interruptions(aws: Aws, groups: Collection[str]) -> tuple[Interruption, ...]:
    """The spot instances of *groups* that EC2 took back and still shows: about the last hour.

    Source: EC2 API reference, Instance (StateReason, StateTransitionReason); EC2 user guide,
    "Find the interruption reason" of a terminated spot instance.
    """
    filters = [
        {"Name": "instance-lifecycle", "Values": ["spot"]},
        {"Name": "instance-state-name", "Values": ["shutting-down", "terminated", "stopped"]},
    ]
    found = aws.pages("ec2", "describe_instances", "Reservations", Filters=filters)
    read = (_interruption(each) for reservation in found for each in reservation["Instances"])
    return tuple(each for each in read if each is not None and each.group in groups)


def _interruption(raw: Mapping[str, Any]) -> Interruption | None:
    when = _WHEN.search(raw.get("StateTransitionReason") or "")
    if when is None or (raw.get("StateReason") or {}).get("Code") not in INTERRUPTED:
        return None
    tags = {tag["Key"]: tag["Value"] for tag in raw.get("Tags") or ()}
    return Interruption(
        instance=raw["InstanceId"],
        group=tags.get(GROUP_TAG, ""),
        pool=f"{raw['Placement']['AvailabilityZone']} {raw['InstanceType']}",
        at=datetime.fromisoformat(when[1]).replace(tzinfo=UTC),
    )
