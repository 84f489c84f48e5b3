from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.supply import Pool
from tests.sandbox.aws.groups import refused, spec


def test_a_request_says_what_became_of_its_instance(
    ec2: Any, cloud: Cloud, run: Callable[[float], None]
) -> None:
    """EC2 user guide, "Get the status of a Spot Instance request"."""
    cloud.create_group(spec(spot=True, desired=3))
    cloud.create_group(spec("plain", desired=1))

    def codes(**more: Any) -> dict[str, int]:
        found = ec2.describe_spot_instance_requests(**more)["SpotInstanceRequests"]
        return dict(Counter(each["Status"]["Code"] for each in found))

    assert codes() == {"fulfilled": 3}
    cloud.reclaim(Pool(zone="us-east-1a", type="m5.xlarge"), 1)
    run(10)
    assert codes() == {"fulfilled": 2, "marked-for-termination": 1}
    kept = next(i.id for i in cloud.group("web").instances if not i.interrupted_at)
    cloud.terminate(kept)
    run(180)
    closed = [{"Name": "state", "Values": ["closed"]}]
    assert codes(Filters=closed) == {
        "instance-terminated-no-capacity": 1,
        "instance-terminated-by-user": 1,
    }
    mine = [{"Name": "instance-id", "Values": [kept]}]
    assert codes(Filters=mine) == {"instance-terminated-by-user": 1}
    odd = [{"Name": "colour", "Values": ["red"]}]
    assert refused(ec2.describe_spot_instance_requests, Filters=odd)[1] == "InvalidParameterValue"
