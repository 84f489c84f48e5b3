"""EventBridge for clients: nobody but AWS speaks as AWS, and its time is the world's.

Gap of moto 5.2 closed here: PutEvents took events whose source is ``aws.*``. Source: EventBridge
API reference, PutEvents ("NotAuthorizedForSourceException").
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import moto.events.urls
from moto.events.models import EventsBackend

REFUSED = {
    "ErrorCode": "NotAuthorizedForSourceException",
    "ErrorMessage": "Not authorized for the source.",
}


class SandboxEvents(EventsBackend):
    """The state of EventBridge in one region."""

    @property
    def _url_module(self) -> ModuleType:
        return moto.events.urls

    def put_events(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ours = [not str(event.get("Source", "")).startswith("aws.") for event in events]
        passed = iter(super().put_events([e for e, own in zip(events, ours, strict=True) if own]))
        return [next(passed) if own else dict(REFUSED) for own in ours]
