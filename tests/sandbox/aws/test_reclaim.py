from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.supply import Pool
from tests.sandbox.aws.groups import spec

POOL = Pool(zone="us-east-1b", type="m5.xlarge")
Run = Callable[[float], None]


@pytest.fixture
def queue(cloud: Cloud, clients: Callable[[str], Any]) -> Callable[..., Callable[[], list[Any]]]:
    """Makes a queue behind a rule with a pattern; returns how to read all of it."""

    def make(**pattern: Any) -> Callable[[], list[Any]]:
        sqs, events = clients("sqs"), clients("events")
        url = sqs.create_queue(QueueName="interruptions")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        events.put_rule(Name="spot", EventPattern=json.dumps(pattern))
        target = {"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}
        events.put_targets(Rule="spot", Targets=[target])

        def read() -> list[Any]:
            found = []
            while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
                "Messages"
            ):
                for message in messages:
                    found.append(json.loads(message["Body"]))
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return found

        return read

    return make


def test_an_interruption_is_announced_twice_on_the_event_bus_as_ec2_words_it(
    cloud: Cloud, run: Run, queue: Any
) -> None:
    """EC2 user guide, "Spot Instance interruption notices": zone in the ARN, no account."""
    read = queue(source=["aws.ec2"])
    group = cloud.create_group(spec(spot=True, zones=("us-east-1b",)))
    first = min(group.instances, key=lambda instance: instance.id)
    run(10)
    read()
    assert cloud.reclaim(POOL, 1, lead=timedelta(seconds=60)) == 1
    run(60)
    recommendation, warning = read()
    envelope = {
        "version": "0",
        "source": "aws.ec2",
        "account": cloud.account,
        "region": "us-east-1",
        "resources": [f"arn:aws:ec2:us-east-1b:instance/{first.id}"],
    }
    for event in (recommendation, warning):
        assert {name: event[name] for name in envelope} == envelope
    assert recommendation["detail-type"] == "EC2 Instance Rebalance Recommendation"
    assert recommendation["detail"] == {"instance-id": first.id}
    assert recommendation["time"] == "2026-11-21T03:00:10Z"
    assert warning["detail-type"] == "EC2 Spot Instance Interruption Warning"
    assert warning["detail"] == {"instance-id": first.id, "instance-action": "terminate"}
    assert warning["time"] == "2026-11-21T03:01:10Z"
    assert recommendation["id"] != warning["id"]


def test_the_end_comes_two_minutes_after_the_warning_and_says_who_ended_it(
    ec2: Any, cloud: Cloud, run: Run, queue: Any
) -> None:
    read = queue(
        **{"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"]}
    )
    group = cloud.create_group(spec(spot=True, zones=("us-east-1b",)))
    victim = min(instance.id for instance in group.instances)

    def machine() -> Any:
        return ec2.describe_instances(InstanceIds=[victim])["Reservations"][0]["Instances"][0]

    cloud.reclaim(POOL, 1, lead=None)
    run(110)
    instance = next(i for i in cloud.group("web").instances if i.id == victim)
    assert (instance.rebalance_at, instance.interrupted_at is not None) == (None, True)
    assert machine()["State"]["Name"] == "running"
    read()
    run(20)
    assert machine()["State"]["Name"] == "shutting-down"
    run(30)
    assert machine()["State"]["Name"] == "terminated"
    assert machine()["StateReason"]["Code"] == "Server.SpotInstanceTermination"
    states = [e["detail"]["state"] for e in read() if e["detail"]["instance-id"] == victim]
    assert states == ["shutting-down", "terminated"]


def test_only_the_named_pool_is_reclaimed_oldest_first_and_nobody_twice(
    cloud: Cloud, run: Run
) -> None:
    cloud.create_group(spec(spot=True, zones=("us-east-1a", "us-east-1b"), desired=4))
    cloud.create_group(spec("plain", zones=("us-east-1b",)))
    assert cloud.reclaim(POOL, 1) == 1
    assert cloud.reclaim(POOL) == 1
    assert cloud.reclaim(POOL) == 0
    run(10)
    warned = {i.zone for g in cloud.groups() for i in g.instances if i.interrupted_at}
    assert warned == {"us-east-1b"}
    assert not any(i.interrupted_at for i in cloud.group("plain").instances)


def test_groups_tell_the_event_bus_what_they_launched_and_what_they_could_not(
    cloud: Cloud, run: Run, queue: Any
) -> None:
    read = queue(source=["aws.autoscaling"])
    cloud.set_pool_depth(POOL, 1)
    cloud.create_group(spec(spot=True, zones=("us-east-1b",), desired=0, min=0))
    cloud.set_desired("web", 2)
    run(40)
    said = {event["detail-type"]: event for event in read()}
    assert set(said) == {"EC2 Instance Launch Successful", "EC2 Instance Launch Unsuccessful"}
    detail = said["EC2 Instance Launch Unsuccessful"]["detail"]
    assert detail["AutoScalingGroupName"] == "web"
    assert "InsufficientInstanceCapacity" in detail["StatusMessage"]
    assert detail["Details"]["Availability Zone"] == "us-east-1b"
    launched = said["EC2 Instance Launch Successful"]["detail"]
    assert launched["EC2InstanceId"] == cloud.group("web").instances[0].id


def test_an_instance_that_went_by_itself_is_no_interruption(
    ec2: Any, cloud: Cloud, run: Run
) -> None:
    group = cloud.create_group(spec(spot=True, zones=("us-east-1b",), desired=1))
    victim = group.instances[0].id
    cloud.reclaim(POOL, 1)
    ec2.terminate_instances(InstanceIds=[victim])
    run(200)
    assert cloud.reclaims.losses == []
