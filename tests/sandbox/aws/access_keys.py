"""Keys that are held to policies, and clients that use them."""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore.config import Config

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
        ],
    }
)


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}


def deny(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}


def user(iam: Any, *statements: dict[str, Any], name: str = "ann") -> dict[str, str]:
    """A user with an inline policy; their credentials, as a session takes them."""
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="inline", PolicyDocument=policy(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }


def session(sts: Any, arn: str, **more: Any) -> dict[str, str]:
    """The credentials of an assumed role."""
    given = sts.assume_role(RoleArn=arn, RoleSessionName="run-1", **more)["Credentials"]
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def client(url: str, service: str, credentials: dict[str, str]) -> Any:
    made = boto3.Session(region_name="us-east-1", **credentials)
    config = Config(retries={"total_max_attempts": 1})
    return made.client(service, endpoint_url=url, config=config)
