from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sopctl.sandbox.aws.cloud import Cloud
from tests.sandbox.aws.groups import spec


def statuses(ec2: Any) -> dict[str, set[str]]:
    """Zone -> what instance and system checks say there."""
    found: dict[str, set[str]] = {}
    for status in ec2.describe_instance_status()["InstanceStatuses"]:
        said = {status["InstanceStatus"]["Status"], status["SystemStatus"]["Status"]}
        found.setdefault(status["AvailabilityZone"], set()).update(said)
    return found


def test_status_checks_fail_in_a_failed_zone_within_a_minute_or_two(
    ec2: Any, cloud: Cloud, run: Callable[[float], None]
) -> None:
    cloud.create_group(spec("a", zones=("us-east-1a",)))
    cloud.create_group(spec("b", zones=("us-east-1b",)))
    cloud.fail_instances("us-east-1a")
    run(30)
    assert statuses(ec2) == {"us-east-1a": {"ok"}, "us-east-1b": {"ok"}}
    run(40)
    assert statuses(ec2) == {"us-east-1a": {"impaired"}, "us-east-1b": {"ok"}}
    cloud.heal_instances("us-east-1a")
    assert statuses(ec2) == {"us-east-1a": {"ok"}, "us-east-1b": {"ok"}}


def test_an_instance_says_its_physical_zone(ec2: Any, cloud: Cloud) -> None:
    cloud.create_group(spec(desired=1))
    instance = ec2.describe_instances()["Reservations"][0]["Instances"][0]
    assert instance["Placement"]["AvailabilityZoneId"] == "use1-az6"
