from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.sandbox.aws.groups import refused


def test_health_asks_for_a_support_plan(front: Any, clients: Callable[[str], Any]) -> None:
    for call in (clients("health").describe_events, clients("health").describe_event_types):
        status, code, message = refused(call)
        assert (status, code) == (400, "SubscriptionRequiredException")
        assert "Support" in message
