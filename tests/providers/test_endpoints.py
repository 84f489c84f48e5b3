"""Where AWS is asked: in the target's region, whatever else of AWS is down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import botocore.exceptions as boto
import pytest

from sopctl.core.errors import PermissionDeniedError
from sopctl.core.target import Target
from sopctl.providers.aws_errors import translated
from sopctl.providers.aws_sdk import AwsSdk
from sopctl.providers.limits import Limits

ASKED = (
    "arc-zonal-shift",
    "autoscaling",
    "ec2",
    "eks",
    "elbv2",
    "events",
    "service-quotas",
    "sqs",
    "ssm",
    "sts",
)


@pytest.fixture
def sdk(tmp_path, monkeypatch):
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")  # of a user who once needed it
    config = tmp_path / "config"
    config.write_text("[default]\naws_access_key_id = x\naws_secret_access_key = y\n")
    target = Target(name="prod", region="eu-west-3", aws_config=str(config))
    return AwsSdk(target, agent="", limits=Limits())


@pytest.mark.parametrize("service", ASKED)
def test_nothing_depends_on_another_region(sdk, service):
    host = urlsplit(sdk.client(service).meta.endpoint_url).hostname
    assert host is not None
    assert ".eu-west-3." in host


def test_only_the_forecast_of_permissions_asks_elsewhere_because_iam_is_global(sdk):
    """Its verdict is `unknown` where that cannot be reached: see tests/permissions."""
    assert sdk.client("iam").meta.endpoint_url == "https://iam.amazonaws.com"


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        (3600, "This machine's clock is 3600 s ahead of AWS's."),
        (-600, "This machine's clock is 600 s behind AWS's."),
        (None, "Compare this machine's clock with AWS's."),
    ],
)
@pytest.mark.parametrize("code", ["RequestTimeTooSkewed", "SignatureDoesNotMatch"])
def test_a_clock_that_is_wrong_is_told_by_how_much(code, ahead, says):
    headers = {}
    if ahead is not None:
        theirs = datetime.now(UTC) - timedelta(seconds=ahead)
        headers["date"] = format_datetime(theirs.replace(microsecond=0), usegmt=True)
    answer = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": 403, "HTTPHeaders": headers},
    }
    error = translated(boto.ClientError(answer, "Op"), what="x.Op", mutating=True)
    assert isinstance(error, PermissionDeniedError)
    near = (
        {says.replace(str(abs(ahead)), str(abs(ahead) + n)) for n in (-1, 0, 1, 2)}
        if ahead
        else {says}
    )
    assert any(error.hint.startswith(each) for each in near)
