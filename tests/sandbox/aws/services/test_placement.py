from __future__ import annotations

from typing import Any

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.supply import Pool
from tests.sandbox.aws.groups import refused

TYPES = ["m5.xlarge", "m5a.xlarge", "m6i.xlarge"]


def scores(ec2: Any, types: list[str] = TYPES, wanted: int = 10) -> dict[str, int]:
    found = ec2.get_spot_placement_scores(
        InstanceTypes=types, TargetCapacity=wanted, SingleAvailabilityZone=True
    )["SpotPlacementScores"]
    return {each["AvailabilityZoneId"]: each["Score"] for each in found}


def test_scores_follow_what_the_pools_have_left(ec2: Any, cloud: Cloud) -> None:
    for name in TYPES:
        cloud.set_pool_depth(Pool(zone="us-east-1a", type=name), 1)
        cloud.set_pool_depth(Pool(zone="us-east-1b", type=name), 0)
    found = scores(ec2)
    assert (found["use1-az6"], found["use1-az1"], found["use1-az2"]) == (3, 1, 9)
    assert scores(ec2, types=TYPES[:1])["use1-az2"] == 3  # few types are always scored low
    region = ec2.get_spot_placement_scores(InstanceTypes=TYPES, TargetCapacity=10)
    assert region["SpotPlacementScores"] == [{"Region": "us-east-1", "Score": 9}]


def test_new_configurations_are_limited_and_old_ones_are_not(
    ec2: Any, cloud: Cloud, watch: Any
) -> None:
    for wanted in range(1, 11):
        scores(ec2, wanted=wanted)
    params = {"InstanceTypes": TYPES, "TargetCapacity": 11}
    assert refused(ec2.get_spot_placement_scores, **params)[1] == "MaxConfigLimitExceeded"
    scores(ec2, wanted=10)
    watch.advance(24 * 3600 + 1)
    scores(ec2, wanted=11)
