from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.faults import FaultRule
from sopctl.sandbox.aws.front import AwsFront
from tests.sandbox.aws.groups import described, refused, spec

Clients = Callable[..., Any]


@pytest.mark.parametrize(
    ("service", "operation", "params", "answer"),
    [
        ("autoscaling", "describe_auto_scaling_groups", {}, (400, "Throttling")),
        ("ec2", "describe_instances", {}, (503, "RequestLimitExceeded")),
        ("eks", "describe_cluster", {"name": "sandbox"}, (429, "ThrottlingException")),
        ("events", "list_rules", {}, (400, "ThrottlingException")),
    ],
)
def test_a_throttle_is_worded_as_the_service_words_it(
    front: AwsFront,
    clients: Clients,
    service: str,
    operation: str,
    params: dict[str, Any],
    answer: tuple[int, str],
) -> None:
    front.faults.append(FaultRule(kind="throttle", service=service, count=1))
    call = getattr(clients(service), operation)
    assert refused(call, **params)[:2] == answer
    call(**params)


@pytest.mark.parametrize(
    ("cause", "codes"),
    [
        ("AccessDenied", ("AccessDenied", "UnauthorizedOperation", "AccessDeniedException")),
        ("ExpiredToken", ("ExpiredToken", "RequestExpired", "ExpiredTokenException")),
        (
            "UnrecognizedClientException",
            ("InvalidClientTokenId", "AuthFailure", "UnrecognizedClientException"),
        ),
        ("InternalFailure", ("InternalFailure", "InternalError", "ServerException")),
    ],
)
def test_an_error_has_the_name_that_each_protocol_gives_it(
    front: AwsFront, clients: Clients, cause: str, codes: tuple[str, str, str]
) -> None:
    front.faults.append(FaultRule(kind="error", value=cause))
    got = (
        refused(clients("sts").get_caller_identity)[1],
        refused(clients("ec2").describe_instances)[1],
        refused(clients("eks").describe_cluster, name="sandbox")[1],
    )
    assert got == codes


def test_any_code_and_status_can_be_ordered(front: AwsFront, asg: Any) -> None:
    front.faults.append(FaultRule(kind="error", value="ResourceContention:500"))
    status, code, _ = refused(asg.describe_auto_scaling_groups)
    assert (status, code) == (500, "ResourceContention")


def test_a_denial_names_the_caller_and_the_action(front: AwsFront, asg: Any) -> None:
    front.faults.append(FaultRule(kind="error", value="AccessDenied"))
    message = refused(asg.describe_auto_scaling_groups)[2]
    assert message.startswith("User: arn:aws:sts::123456789012:assumed-role/")
    assert message.endswith("to perform: autoscaling:DescribeAutoScalingGroups")


def test_a_rule_hits_only_its_operation_and_only_so_often(front: AwsFront, asg: Any) -> None:
    front.faults.append(
        FaultRule(kind="throttle", service="autoscaling", operation="Describe*Groups", count=2)
    )
    asg.describe_tags()
    for _ in range(2):
        assert refused(asg.describe_auto_scaling_groups)[1] == "Throttling"
    asg.describe_auto_scaling_groups()
    assert front.faults == []


def test_chance_repeats_with_the_seed_and_hits_about_as_often_as_asked(
    front: AwsFront, asg: Any
) -> None:
    front.faults.append(FaultRule(kind="throttle", probability=0.5))
    for _ in range(40):
        try:
            asg.describe_scaling_process_types()
        except ClientError:
            continue
    hit = [call.status for call in front.calls].count(400)
    assert 8 < hit < 32


def test_a_reset_is_not_executed_and_a_lost_reply_is(
    front: AwsFront, asg: Any, cloud: Cloud
) -> None:
    cloud.create_group(spec())
    front.faults.append(FaultRule(kind="reset", operation="SetDesiredCapacity", count=1))
    with pytest.raises(ConnectionClosedError):
        asg.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=5)
    assert described(asg)["DesiredCapacity"] == 3
    front.faults.append(FaultRule(kind="lost_reply", operation="SetDesiredCapacity", count=1))
    with pytest.raises(ConnectionClosedError):
        asg.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=5)
    assert described(asg)["DesiredCapacity"] == 5
    assert [c.status for c in front.calls if c.operation == "SetDesiredCapacity"] == [0, 0]


def test_a_failed_reply_is_executed_and_says_that_it_was_not(
    front: AwsFront, asg: Any, cloud: Cloud
) -> None:
    cloud.create_group(spec())
    front.faults.append(FaultRule(kind="failed_reply", operation="SetDesiredCapacity", count=1))
    status, code, _ = refused(
        asg.set_desired_capacity, AutoScalingGroupName="web", DesiredCapacity=5
    )
    assert (status, code) == (500, "InternalFailure")
    assert described(asg)["DesiredCapacity"] == 5


def test_a_silent_service_answers_never_and_does_nothing(
    front: AwsFront, clients: Clients, cloud: Cloud
) -> None:
    cloud.create_group(spec())
    front.faults.append(FaultRule(kind="silence", operation="SetDesiredCapacity"))
    asg = clients("autoscaling", read_timeout=0.3)
    with pytest.raises(ReadTimeoutError):
        asg.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=5)
    assert described(asg)["DesiredCapacity"] == 3


def test_a_reply_that_drips_comes_whole_and_late(front: AwsFront, asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    front.faults.append(FaultRule(kind="drip", value=0.4, count=1))
    began = time.monotonic()
    assert described(asg)["DesiredCapacity"] == 3
    assert time.monotonic() - began >= 0.3


def test_a_stale_read_shows_what_it_showed_when_that_began(
    front: AwsFront, asg: Any, cloud: Cloud
) -> None:
    cloud.create_group(spec())
    front.faults.append(FaultRule(kind="stale"))
    assert described(asg)["DesiredCapacity"] == 3
    asg.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=5)
    assert described(asg)["DesiredCapacity"] == 3
    front.faults.clear()
    assert described(asg)["DesiredCapacity"] == 5


def test_a_rule_for_writes_spares_reads(front: AwsFront, asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    front.faults.append(FaultRule(kind="error", value="ResourceContention:500", writes=True))
    assert described(asg)["DesiredCapacity"] == 3
    got = refused(asg.set_desired_capacity, AutoScalingGroupName="web", DesiredCapacity=5)
    assert got[:2] == (500, "ResourceContention")


def test_a_dead_aws_answers_no_service(front: AwsFront, clients: Clients) -> None:
    front.faults.append(FaultRule(kind="dead"))
    for call in (clients("sts").get_caller_identity, clients("ec2").describe_instances):
        with pytest.raises(ConnectionClosedError):
            call()
    front.faults.clear()
    clients("sts").get_caller_identity()


def test_a_delay_delays_and_then_answers(front: AwsFront, asg: Any) -> None:
    front.faults.append(FaultRule(kind="delay", value=0.2, count=1))
    began = time.monotonic()
    asg.describe_scaling_process_types()
    assert time.monotonic() - began >= 0.2


def test_foreign_keys_can_be_refused_while_the_sandboxs_own_works(
    front: AwsFront, asg: Any
) -> None:
    front.faults.append(
        FaultRule(kind="error", value="UnrecognizedClientException", access_key="unknown")
    )
    asg.describe_auto_scaling_groups()
    stranger = boto3.client(
        "autoscaling",
        endpoint_url=front.url,
        region_name="us-east-1",
        aws_access_key_id="AKIASOMEBODYELSE0000",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )
    assert refused(stranger.describe_auto_scaling_groups)[1] == "InvalidClientTokenId"
    stranger.close()
