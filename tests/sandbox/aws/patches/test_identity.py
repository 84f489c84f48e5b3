from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3

from sopctl.sandbox.aws.front import AwsFront
from tests.sandbox.aws.access_keys import TRUST


def test_the_caller_is_a_session_of_a_role_in_the_account(
    front: AwsFront, clients: Callable[[str], Any]
) -> None:
    caller = clients("sts").get_caller_identity()
    assert caller["Account"] == "123456789012"
    assert caller["Arn"] == "arn:aws:sts::123456789012:assumed-role/sopctl-sandbox/on-call"
    assert caller["UserId"].endswith(":on-call")


def test_a_role_that_is_assumed_is_the_caller_from_then_on(
    front: AwsFront, clients: Callable[[str], Any]
) -> None:
    clients("iam").create_role(RoleName="other", AssumeRolePolicyDocument=TRUST)
    got = clients("sts").assume_role(
        RoleArn="arn:aws:iam::123456789012:role/other", RoleSessionName="me"
    )["Credentials"]
    other = boto3.client(
        "sts",
        endpoint_url=front.url,
        region_name="us-east-1",
        aws_access_key_id=got["AccessKeyId"],
        aws_secret_access_key=got["SecretAccessKey"],
        aws_session_token=got["SessionToken"],
    )
    assert other.get_caller_identity()["Arn"].endswith(":assumed-role/other/me")
    other.close()
