from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.front import AwsFront
from tests.sandbox.aws.groups import refused, spec

Clients = Callable[[str], Any]


def connection(front: AwsFront) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(front.url).netloc, timeout=10)


SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=AKIASANDBOX000000000/20261121/us-east-1/"
    "{service}/aws4_request, SignedHeaders=host, Signature=0",
    "Content-Type": "application/x-www-form-urlencoded",
}


def signed(service: str) -> dict[str, str]:
    return {name: value.replace("{service}", service) for name, value in SIGNED.items()}


def test_it_listens_on_loopback_only(front: AwsFront) -> None:
    assert urlsplit(front.url).hostname == "127.0.0.1"


def test_one_connection_serves_many_calls(front: AwsFront) -> None:
    http_connection = connection(front)
    for _ in range(3):
        http_connection.request(
            "POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15", signed("sts")
        )
        socket_before = http_connection.sock
        reply = http_connection.getresponse()
        reply.read()
        assert reply.status == 200
        assert http_connection.sock is socket_before
    http_connection.close()


@pytest.mark.parametrize(
    ("service", "body"),
    [
        ("sts", b"Action=GetCallerIdentity&Version=2011-06-15"),
        ("ec2", b"Action=DescribeInstances&Version=2016-11-15"),
        ("autoscaling", b"Action=SuspendProcesses&AutoScalingGroupName=x&Version=2011-01-01"),
    ],
)
def test_a_request_id_is_a_uuid_and_the_same_in_header_body_and_journal(
    front: AwsFront, service: str, body: bytes
) -> None:
    http_connection = connection(front)
    http_connection.request("POST", "/", body, signed(service))
    reply = http_connection.getresponse()
    text = reply.read().decode()
    http_connection.close()
    request_id = reply.headers["x-amzn-RequestId"]
    assert str(UUID(request_id)) == request_id
    assert re.findall(r"(?i)<requestid>([^<]*)<", text) == [request_id]
    assert front.calls[-1].request_id == request_id


def test_the_journal_tells_reads_from_changes(
    front: AwsFront, asg: Any, ec2: Any, cloud: Cloud
) -> None:
    group = cloud.create_group(spec())
    asg.describe_auto_scaling_groups()
    asg.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=4)
    refused(ec2.terminate_instances, InstanceIds=[group.instances[0].id], DryRun=True)
    seen = [(call.service, call.operation, call.mutating, call.status) for call in front.calls]
    assert seen == [
        ("autoscaling", "DescribeAutoScalingGroups", False, 200),
        ("autoscaling", "SetDesiredCapacity", True, 200),
        ("ec2", "TerminateInstances", False, 412),
    ]
    assert "tests/1" in front.calls[0].user_agent
    assert front.calls[0].time == cloud.now()


def test_rest_calls_are_named_too(front: AwsFront, clients: Clients) -> None:
    clients("eks").describe_cluster(name="sandbox")
    assert refused(clients("eks").describe_cluster, name="other")[:2] == (
        404,
        "ResourceNotFoundException",
    )
    clients("eks").tag_resource(
        resourceArn="arn:aws:eks:us-east-1:123456789012:cluster/sandbox", tags={"a": "b"}
    )
    assert [(c.service, c.operation, c.mutating) for c in front.calls] == [
        ("eks", "DescribeCluster", False),
        ("eks", "DescribeCluster", False),
        ("eks", "TagResource", True),
    ]


def test_what_the_sandbox_lacks_is_said_plainly(asg: Any) -> None:
    status, code, message = refused(asg.start_instance_refresh, AutoScalingGroupName="web")
    assert (status, code) == (501, "NotImplemented")
    assert message == "the sandbox has no autoscaling:StartInstanceRefresh"


def test_a_service_the_sandbox_lacks_is_said_plainly_too(front: AwsFront, clients: Clients) -> None:
    status, code, message = refused(clients("outposts").list_outposts)
    assert (status, code) == (501, "NotImplemented")
    assert message == "the sandbox has no outposts:ListOutposts"


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("backup", "list_backup_jobs"),
        ("cloudwatch", "describe_anomaly_detectors"),
        ("route53", "list_cidr_collections"),
        ("ssm", "describe_ops_items"),
    ],
)
def test_what_moto_would_answer_in_html_or_by_a_crash_is_said_in_the_services_protocol(
    front: AwsFront, clients: Clients, service: str, operation: str
) -> None:
    """REST with JSON and with XML, CBOR, JSON: a client understands each."""
    status, code, message = refused(getattr(clients(service), operation))
    assert (status, code) == (501, "NotImplemented")
    assert message.startswith("the sandbox has no ")


def test_an_unsigned_request_is_refused(front: AwsFront) -> None:
    http_connection = connection(front)
    http_connection.request(
        "POST",
        "/",
        b"Action=GetCallerIdentity&Version=2011-06-15",
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    reply = http_connection.getresponse()
    body = reply.read()
    http_connection.close()
    assert reply.status == 403
    assert b"MissingAuthenticationToken" in body


def test_the_date_header_is_the_worlds_time(asg: Any, cloud: Cloud) -> None:
    headers = asg.describe_tags()["ResponseMetadata"]["HTTPHeaders"]
    assert parsedate_to_datetime(headers["date"]) == cloud.now()


def test_sixteen_clients_at_once_are_all_served(asg: Any, cloud: Cloud) -> None:
    cloud.create_group(spec())
    with ThreadPoolExecutor(16) as pool:
        sizes = list(pool.map(lambda _: len(asg.describe_tags()["Tags"]), range(64)))
    assert sizes == [1] * 64
