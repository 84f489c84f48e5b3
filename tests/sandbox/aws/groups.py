"""Groups to test with."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sopctl.sandbox.aws.fleet import GroupSpec

ENABLED = "k8s.io/cluster-autoscaler/enabled"


def spec(name: str = "web", **changes: Any) -> GroupSpec:
    """Three instances in zone a, tagged for discovery, unless changed."""
    values: dict[str, Any] = {
        "zones": ("us-east-1a",),
        "min": 1,
        "max": 10,
        "desired": 3,
        "tags": {ENABLED: ("true", True)},
    }
    return GroupSpec(name=name, **{**values, **changes})


def described(asg: Any, name: str = "web") -> Any:
    return asg.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]


def refused(call: Any, **params: Any) -> tuple[int, str, str]:
    """Status, code and message of the error that the call is answered with."""
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return status, response["Error"]["Code"], response["Error"]["Message"]
