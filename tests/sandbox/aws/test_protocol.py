from __future__ import annotations

import json
from typing import Any

import pytest

from sopctl.sandbox.aws.protocol import Refusal, Request, read, refusal, render, stamp


def request(service: str, body: str = "", **headers: str) -> Request:
    signed = {
        "authorization": "AWS4-HMAC-SHA256 Credential=AKIASANDBOX000000000/20261121/us-east-1/"
        f"{service}/aws4_request, SignedHeaders=host, Signature=0",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return read("POST", "/", signed, body.encode())


FORM = {"content_type": "application/x-www-form-urlencoded; charset=utf-8"}


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (
            request("autoscaling", "Action=DeleteTags&Version=1", **FORM),
            ("autoscaling", "DeleteTags", "query"),
        ),
        (
            request("ec2", "Action=DescribeInstances", **FORM),
            ("ec2", "DescribeInstances", "ec2"),
        ),
        (
            request("events", "{}", x_amz_target="AWSEvents.PutRule"),
            ("events", "PutRule", "json"),
        ),
        (request("eks"), ("eks", "POST /", "rest-json")),
    ],
)
def test_a_request_says_its_service_operation_and_protocol(
    made: Request, found: tuple[str, str, str]
) -> None:
    assert (made.service, made.operation, made.protocol) == found
    assert made.access_key == "AKIASANDBOX000000000"


@pytest.mark.parametrize(
    ("operation", "mutating"),
    [
        ("DescribeAutoScalingGroups", False),
        ("GetCallerIdentity", False),
        ("ListRules", False),
        ("SimulatePrincipalPolicy", False),
        ("LookupEvents", False),
        ("AssumeRole", False),
        ("CreateOrUpdateTags", True),
        ("TerminateInstanceInAutoScalingGroup", True),
        ("Listen", True),
    ],
)
def test_reading_operations_do_not_mutate_and_all_others_count_as_if(
    operation: str, mutating: bool
) -> None:
    assert request("x", f"Action={operation}", **FORM).mutating is mutating


def test_a_dry_run_of_ec2_does_not_mutate() -> None:
    assert not request("ec2", "Action=RunInstances&DryRun=true", **FORM).mutating
    assert request("ec2", "Action=RunInstances&DryRun=false", **FORM).mutating
    assert request("autoscaling", "Action=DeleteTags&DryRun=true", **FORM).mutating


def test_an_unsigned_request_has_no_key() -> None:
    assert read("POST", "/", {}, b"").access_key == ""


@pytest.mark.parametrize("tag", [b"RequestId", b"RequestID", b"requestId"])
def test_the_request_id_replaces_whatever_moto_wrote(tag: bytes) -> None:
    body = b"<a><" + tag + b">old</" + tag + b"><b>request</b></a>"
    assert stamp(body, "new") == b"<a><" + tag + b">new</" + tag + b"><b>request</b></a>"


def test_messages_are_escaped_in_xml_and_plain_in_json() -> None:
    error = Refusal(status=400, code="Bad", message="<a> & b")
    _, xml = render(request("sts", "Action=X", **FORM), error, "id")
    assert b"&lt;a&gt; &amp; b" in xml
    headers, text = render(request("eks"), error, "id")
    assert json.loads(text) == {"message": "<a> & b"}
    assert headers["x-amzn-ErrorType"] == "Bad"


@pytest.mark.parametrize(
    ("cause", "expected"),
    [("ResourceContention:500", (500, "ResourceContention")), ("Odd", (400, "Odd"))],
)
def test_a_cause_that_is_not_known_is_the_code_itself(cause: str, expected: Any) -> None:
    got = refusal(request("sts", "Action=X", **FORM), cause)
    assert (got.status, got.code) == expected
