from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sopctl.core.errors import RefusedError
from sopctl.sandbox.process.lifecycle import control
from sopctl.sandbox.process.running import Running
from tests.sandbox.process.conftest import RATE

pytestmark = pytest.mark.sandbox


@pytest.fixture
def asg(running: Running) -> Any:
    client = boto3.client(
        "autoscaling",
        endpoint_url=running.aws_url,
        region_name="us-east-1",
        aws_access_key_id="AKIASANDBOX000000000",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield client
    client.close()


def test_the_clock_runs_at_its_rate(running: Running, eventually: Callable[..., Any]) -> None:
    def now() -> float:
        return datetime.fromisoformat(control(running, "GET", "/clock")["now"]).timestamp()

    before = now()
    assert eventually(lambda: now() - before > RATE * 0.2)
    assert control(running, "GET", "/clock")["rate"] == RATE


def test_status_counts_what_there_is(running: Running) -> None:
    found = control(running, "GET", "/status")
    assert found["healthy"] is True
    assert found["groups"] >= 7
    assert found["nodes"] == 40
    assert (found["faults"], found["errors"]) == (0, 0)


def test_calls_are_journaled_on_both_sides_and_can_be_forgotten(running: Running, asg: Any) -> None:
    asg.describe_tags()
    journal = control(running, "GET", "/calls")
    (call,) = journal["aws"]
    assert (call["operation"], call["mutating"], call["status"]) == ("DescribeTags", False, 200)
    assert journal["kubernetes"] == []
    control(running, "POST", "/calls/reset")
    assert control(running, "GET", "/calls") == {"aws": [], "kubernetes": []}


def test_faults_are_ordered_and_cleared(running: Running, asg: Any) -> None:
    rule = {"kind": "throttle", "service": "autoscaling", "count": 1}
    assert control(running, "POST", "/faults", {"aws": [rule]}) == {"aws": 1, "kubernetes": 0}
    with pytest.raises(ClientError, match="Throttling"):
        asg.describe_tags()
    asg.describe_tags()
    control(running, "POST", "/faults", {"kubernetes": [{"path_regex": "nodes"}]})
    assert control(running, "POST", "/faults", {"clear": True}) == {"aws": 0, "kubernetes": 0}


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        ("GET", "/nowhere", None, "there is no GET /nowhere"),
        ("POST", "/fail-zone", {"zone": "us-east-1z"}, "there is no zone 'us-east-1z', only"),
        ("POST", "/fail-zone", {}, "there is no zone None"),
        ("POST", "/fail-zone", {"zone": "us-east-1a", "hard": True}, "unknown field hard"),
        ("POST", "/faults", {"aws": [{"kind": "dead", "colour": 1}]}, "unknown field colour"),
        ("POST", "/faults", [], "the body is not a JSON object"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    running: Running, method: str, path: str, body: Any, message: str
) -> None:
    with pytest.raises(RefusedError, match=message):
        control(running, method, path, body)


def test_without_the_token_nothing_is_answered(running: Running) -> None:
    stranger = replace(running, token="guess")
    for method, path in (("GET", "/clock"), ("GET", "/status"), ("POST", "/stop")):
        with pytest.raises(RefusedError, match="token"):
            control(stranger, method, path)
    assert control(running, "GET", "/status")["healthy"] is True
