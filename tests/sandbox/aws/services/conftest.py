from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sopctl.sandbox.aws.front import AwsFront

Clients = Callable[[str], Any]


@pytest.fixture
def arc(front: AwsFront, clients: Clients) -> Any:
    return clients("arc-zonal-shift")


@pytest.fixture
def eks(front: AwsFront, clients: Clients) -> Any:
    return clients("eks")


@pytest.fixture
def elb(front: AwsFront, clients: Clients) -> Any:
    return clients("elbv2")
