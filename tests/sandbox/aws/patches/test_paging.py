from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sopctl.sandbox.aws.cloud import Cloud
from tests.sandbox.aws.groups import ENABLED, described, refused, spec


@pytest.fixture
def many(cloud: Cloud) -> None:
    for index in range(110):
        tags = {ENABLED: ("true" if index % 2 else "false", False)}
        cloud.create_group(spec(f"g{index:03}", min=0, desired=0, tags=tags))


@pytest.mark.usefixtures("many")
def test_groups_come_in_pages_of_fifty_or_as_asked(asg: Any) -> None:
    pages = asg.get_paginator("describe_auto_scaling_groups")
    assert [len(page["AutoScalingGroups"]) for page in pages.paginate()] == [50, 50, 10]
    sizes = [
        len(p["AutoScalingGroups"]) for p in pages.paginate(PaginationConfig={"PageSize": 100})
    ]
    assert sizes == [100, 10]


@pytest.mark.usefixtures("many")
def test_filters_hold_together(asg: Any) -> None:
    found = asg.describe_auto_scaling_groups(
        Filters=[
            {"Name": "tag-key", "Values": [ENABLED, "other"]},
            {"Name": f"tag:{ENABLED}", "Values": ["false"]},
        ],
        MaxRecords=100,
    )["AutoScalingGroups"]
    assert len(found) == 55


def test_more_than_a_hundred_records_are_refused(asg: Any) -> None:
    status, code, _ = refused(asg.describe_auto_scaling_groups, MaxRecords=101)
    assert (status, code) == (400, "ValidationError")


def test_a_bogus_token_is_refused(asg: Any) -> None:
    for token in ("web", "c2FuZGJveDp4"):
        status, code, _ = refused(asg.describe_auto_scaling_groups, NextToken=token)
        assert (status, code) == (400, "InvalidNextToken")


def test_an_unknown_filter_is_refused(asg: Any) -> None:
    status, code, _ = refused(
        asg.describe_auto_scaling_groups, Filters=[{"Name": "zone", "Values": ["a"]}]
    )
    assert (status, code) == (400, "ValidationError")


def test_groups_can_be_read_without_their_instances(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    lean = asg.describe_auto_scaling_groups(IncludeInstances=False)["AutoScalingGroups"]
    assert lean[0]["Instances"] == []
    assert len(described(asg)["Instances"]) == 3


def test_activities_tell_launches_and_terminations_newest_first(
    asg: Any, cloud: Cloud, run: Callable[[float], None]
) -> None:
    cloud.create_group(spec())
    cloud.set_desired("web", 4)
    run(60)
    cloud.set_desired("web", 2)
    run(60)
    found = asg.describe_scaling_activities(AutoScalingGroupName="web")["Activities"]
    assert [a["Description"].split(":")[0] for a in found] == [
        "Terminating EC2 instance",
        "Terminating EC2 instance",
        "Launching a new EC2 instance",
    ]
    assert {a["StatusCode"] for a in found} == {"Successful"}
    assert all(a["Cause"].startswith("At 2026-11-21T03:0") for a in found)
    since = (cloud.now() - timedelta(seconds=70)).strftime("%Y-%m-%dT%H:%M:%SZ")
    late = asg.describe_scaling_activities(
        AutoScalingGroupName="web", Filters=[{"Name": "StartTimeLowerBound", "Values": [since]}]
    )["Activities"]
    assert [a["ActivityId"] for a in late] == [a["ActivityId"] for a in found[:2]]


def test_a_launch_without_capacity_is_a_failed_activity(
    asg: Any, cloud: Cloud, run: Callable[[float], None]
) -> None:
    cloud.create_group(spec())
    cloud.launchable = lambda zone: zone != "us-east-1a"
    cloud.set_desired("web", 5)
    run(130)
    cloud.launchable = lambda zone: True
    found = asg.describe_scaling_activities(AutoScalingGroupName="web")["Activities"]
    assert {a["StatusCode"] for a in found} == {"Failed"}
    assert len(found) == 3  # tried once a minute, not at every tick
    assert "do not have sufficient m5.xlarge capacity" in found[0]["StatusMessage"]
    assert len(described(asg)["Instances"]) == 3
