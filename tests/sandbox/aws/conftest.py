from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.front import ACCESS_KEY, AwsFront

START = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


class Watch:
    """A clock that only moves when told."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def watch() -> Watch:
    return Watch()


@pytest.fixture(scope="session")
def served(watch: Watch) -> Iterator[AwsFront]:
    front = AwsFront(Cloud(watch.now))
    front.start()
    yield front
    front.stop()


@pytest.fixture
def front(served: AwsFront, watch: Watch) -> Iterator[AwsFront]:
    """The AWS endpoint over an empty account at 03:00."""
    watch.moment = START
    served.cloud.reset()
    served.calls.clear()
    served.faults.clear()
    yield served
    served.faults.clear()


@pytest.fixture
def cloud(front: AwsFront) -> Cloud:
    return front.cloud


@pytest.fixture
def run(cloud: Cloud, watch: Watch) -> Callable[[float], None]:
    """Let the world's time pass in steps of ten seconds, with a tick at each."""

    def passes(seconds: float) -> None:
        for _ in range(int(seconds // 10)):
            watch.advance(10)
            cloud.tick()

    return passes


@pytest.fixture(scope="session")
def clients(served: AwsFront) -> Callable[..., Any]:
    """boto3 clients of the sandbox that do not retry; one a service, of each configuration."""
    session = boto3.Session(
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key="any", region_name="us-east-1"
    )

    @functools.cache
    def client(service: str, **more: float) -> Any:
        config = Config(retries={"total_max_attempts": 1}, user_agent_extra="tests/1", **more)
        return session.client(service, endpoint_url=served.url, config=config)

    return client


@pytest.fixture
def asg(front: AwsFront, clients: Callable[[str], Any]) -> Any:
    return clients("autoscaling")


@pytest.fixture
def ec2(front: AwsFront, clients: Callable[[str], Any]) -> Any:
    return clients("ec2")
