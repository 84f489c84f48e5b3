from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.supply import Pool
from tests.sandbox.aws.groups import spec

TYPES = ("m5.xlarge", "m5a.xlarge", "m6i.xlarge")
A, B = "us-east-1a", "us-east-1b"
Run = Callable[[float], None]


def activities(asg: Any) -> list[Any]:
    return list(asg.describe_scaling_activities(AutoScalingGroupName="web")["Activities"])


def test_launches_beyond_the_depth_of_the_spot_pools_fail_as_ec2_words_it(
    asg: Any, cloud: Cloud, run: Run
) -> None:
    for name in TYPES:
        cloud.set_pool_depth(Pool(zone=A, type=name), 1)
    cloud.create_group(spec(spot=True, instance_types=TYPES, desired=0, min=0))
    cloud.set_desired("web", 5)
    run(40)
    found = Counter(i.type for i in cloud.group("web").instances)
    assert found == dict.fromkeys(TYPES, 1)
    failed = [a for a in activities(asg) if a["StatusCode"] == "Failed"]
    assert len(failed) == 1
    assert failed[0]["StatusMessage"] == (
        "Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot "
        "capacity available that matches your request. Launching EC2 instance failed."
    )
    assert failed[0]["Description"].endswith(f"Status Reason: {failed[0]['StatusMessage']}")
    assert '"Availability Zone": "us-east-1a"' in failed[0]["Details"]
    cloud.set_pool_depth(Pool(zone=A, type="m5.xlarge"), None)
    run(40)
    assert len(cloud.group("web").instances) == 5


def test_the_deepest_spot_pool_is_bought_from_and_on_demand_takes_types_in_order(
    cloud: Cloud,
) -> None:
    """User guide, "Allocation strategies": price-capacity-optimized, and prioritized."""
    for depth, name in enumerate(TYPES, start=2):
        cloud.set_pool_depth(Pool(zone=A, type=name), depth)
    cloud.create_group(spec(spot=True, instance_types=TYPES, on_demand_base=1, desired=2))
    bought = [(i.lifecycle, i.type) for i in cloud.group("web").instances]
    assert bought == [("on-demand", "m5.xlarge"), ("spot", "m6i.xlarge")]


def test_a_drought_of_on_demand_sends_launches_to_another_zone_and_names_those_that_have(
    asg: Any, cloud: Cloud, run: Run
) -> None:
    cloud.set_pool_depth(Pool(zone=A, type="m5.xlarge", market="on-demand"), 1)
    cloud.create_group(spec(zones=(A, B), desired=2))
    cloud.set_desired("web", 4)
    run(10)
    assert Counter(i.zone for i in cloud.group("web").instances) == {A: 1, B: 3}
    (failed,) = [a for a in activities(asg) if a["StatusCode"] == "Failed"]
    assert failed["StatusMessage"].startswith(
        "We currently do not have sufficient m5.xlarge capacity in the Availability Zone you "
        f"requested ({A})."
    )
    assert "choosing us-east-1b, us-east-1c" in failed["StatusMessage"]


def test_a_launch_is_under_way_until_the_instance_is_in_service_and_says_why(
    asg: Any, cloud: Cloud, run: Run
) -> None:
    cloud.create_group(spec())
    asg.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=4)
    run(10)
    (launch,) = activities(asg)
    assert (launch["StatusCode"], launch["Progress"]) == ("InProgress", 50)
    assert "EndTime" not in launch
    assert launch["Cause"] == (
        "At 2026-11-21T03:00:00Z a user request explicitly set group desired capacity changing "
        "the desired capacity from 3 to 4.  At 2026-11-21T03:00:10Z an instance was started in "
        "response to a difference between desired and actual capacity."
    )
    run(20)
    (launch,) = activities(asg)
    assert (launch["StatusCode"], launch["Progress"]) == ("Successful", 100)
    asg.update_auto_scaling_group(AutoScalingGroupName="web", MaxSize=2)
    run(60)
    cause = activities(asg)[0]["Cause"]
    assert "update of AutoScalingGroup constraints to min: 1, max: 2, desired: 2" in cause
    assert "shrinking the capacity from 4 to 2" in cause
