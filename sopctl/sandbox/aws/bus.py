"""Carries what AWS itself has to say to the rules of EventBridge, and so to queues.

moto matches rules and fills queues; what it lacks is anything that AWS would say. Source of the
envelope: EventBridge user guide, "Events", and EC2 user guide, "Automate Amazon EC2".
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC
from typing import Any

from moto.events.models import EventBus, EventsBackend, events_backends

from sopctl.sandbox.aws.patches.outbox import OUTBOX, Event


class Bus:
    """The default bus of one region of one account."""

    def __init__(self, account: str, region: str) -> None:
        self._account = account
        self._region = region

    def deliver(self) -> None:
        """Give everything that waits to the rules that match it, oldest first."""
        while OUTBOX:
            event = OUTBOX.popleft()
            bus = self._bus
            if bus is None or not bus.rules:
                continue
            message = self._envelope(event)
            for rule in [rule for rule in bus.rules.values() if rule.state == "ENABLED"]:
                # A copy each: moto's targets write into what they are given.
                rule.send_to_targets(json.loads(json.dumps(message)), transform_input=False)

    @property
    def _bus(self) -> EventBus | None:
        backend: EventsBackend = events_backends[self._account][self._region]
        return backend.event_buses.get("default")

    def _envelope(self, event: Event) -> dict[str, Any]:
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": event.detail_type,
            "source": event.source,
            "account": self._account,
            # moto turns it into text on the way to the queue.
            "time": event.time.replace(tzinfo=UTC).timestamp(),
            "region": self._region,
            "resources": list(event.resources),
            "detail": dict(event.detail),
        }
