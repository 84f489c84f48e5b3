from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.supply import Pool
from sopctl.sandbox.aws.throttle import DOCUMENTED, Throttle
from tests.sandbox.aws.groups import refused, spec


@pytest.fixture
def trail(front: Any, clients: Callable[[str], Any]) -> Any:
    return clients("cloudtrail")


def by(key: str, value: str) -> dict[str, Any]:
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


def test_calls_can_be_looked_up_after_a_while_with_who_and_what(
    trail: Any, asg: Any, cloud: Cloud, watch: Any
) -> None:
    cloud.create_group(spec())
    reply = asg.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["Launch"])
    refused(asg.suspend_processes, AutoScalingGroupName="nobody")
    assert trail.lookup_events(**by("EventName", "SuspendProcesses"))["Events"] == []
    watch.advance(301)
    failed, done = trail.lookup_events(**by("EventName", "SuspendProcesses"))["Events"]
    assert (done["Username"], done["EventSource"]) == ("on-call", "autoscaling.amazonaws.com")
    assert done["ReadOnly"] == "false"
    assert done["Resources"] == [
        {"ResourceType": "AWS::AutoScaling::AutoScalingGroup", "ResourceName": "web"}
    ]
    record = json.loads(done["CloudTrailEvent"])
    assert record["requestID"] == reply["ResponseMetadata"]["RequestId"]
    assert record["requestParameters"] == {
        "autoScalingGroupName": "web",
        "scalingProcesses": ["Launch"],
    }
    assert record["userIdentity"]["arn"].endswith(":assumed-role/sopctl-sandbox/on-call")
    assert record["userAgent"].endswith("tests/1")
    assert "errorCode" not in record
    assert json.loads(failed["CloudTrailEvent"])["errorCode"] == "ValidationError"


def test_one_attribute_selects(trail: Any, asg: Any, cloud: Cloud, watch: Any) -> None:
    cloud.create_group(spec())
    asg.resume_processes(AutoScalingGroupName="web")
    asg.describe_auto_scaling_groups()
    watch.advance(301)
    wanted = {
        ("ReadOnly", "false"): 1,
        ("EventSource", "autoscaling.amazonaws.com"): 2,
        ("ResourceName", "web"): 1,
        ("ResourceType", "AWS::AutoScaling::AutoScalingGroup"): 1,
        ("AccessKeyId", "AKIASANDBOX000000000"): 2,
        ("Username", "somebody"): 0,
    }
    found = {pair: len(trail.lookup_events(**by(*pair))["Events"]) for pair in wanted}
    assert found == wanted


def test_limits_of_a_look_up(trail: Any, asg: Any, watch: Any, front: Any) -> None:
    for _ in range(60):
        asg.describe_auto_scaling_groups()
    watch.advance(301)
    first = trail.lookup_events()
    assert len(first["Events"]) == 50
    second = trail.lookup_events(NextToken=first["NextToken"])
    assert len(second["Events"]) == 10
    two = by("ReadOnly", "true")["LookupAttributes"] * 2
    assert refused(trail.lookup_events, LookupAttributes=two)[:2] == (
        400,
        "InvalidLookupAttributesException",
    )
    assert refused(trail.lookup_events, MaxResults=51)[1] == "InvalidMaxResultsException"
    assert refused(trail.lookup_events, NextToken="x")[1] == "InvalidNextTokenException"
    late, early = watch.now(), watch.now() - timedelta(hours=1)
    assert refused(trail.lookup_events, StartTime=late, EndTime=early)[1] == (
        "InvalidTimeRangeException"
    )
    front.cloud.throttle = Throttle(DOCUMENTED)
    trail.lookup_events()
    trail.lookup_events()
    assert refused(trail.lookup_events)[:2] == (400, "ThrottlingException")
    front.cloud.throttle = Throttle()


def test_an_interruption_leaves_a_bid_evicted_event(
    trail: Any, cloud: Cloud, run: Callable[[float], None]
) -> None:
    group = cloud.create_group(spec(spot=True, desired=1))
    cloud.reclaim(Pool(zone="us-east-1a", type="m5.xlarge"))
    run(440)
    (event,) = trail.lookup_events(**by("EventName", "BidEvictedEvent"))["Events"]
    record = json.loads(event["CloudTrailEvent"])
    assert record["eventType"] == "AwsServiceEvent"
    assert record["serviceEventDetails"] == {"instanceIdSet": [group.instances[0].id]}
