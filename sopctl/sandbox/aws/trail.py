"""The audit trail: what was called, by whom, kept for LookupEvents.

Source: CloudTrail user guide, "CloudTrail record contents" and "Management events"; EC2 user guide,
"BidEvictedEvent", the event of a spot instance that was taken back.
"""

from __future__ import annotations

import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sopctl.sandbox.aws.access.principals import Principal
from sopctl.sandbox.aws.protocol import Request

# "Typically within an average of about 5 minutes of an API call."
DELAY = timedelta(minutes=5)
MOST = 20_000
# Data events, which a look-up does not find, and what CloudTrail does not log.
UNLOGGED = frozenset(
    {
        ("sqs", "ReceiveMessage"),
        ("sqs", "SendMessage"),
        ("sqs", "SendMessageBatch"),
        ("sqs", "DeleteMessage"),
        ("sqs", "DeleteMessageBatch"),
        ("events", "PutEvents"),
        ("dynamodb", "PutItem"),
        ("dynamodb", "GetItem"),
        ("dynamodb", "UpdateItem"),
        ("dynamodb", "DeleteItem"),
        ("dynamodb", "Query"),
        ("dynamodb", "Scan"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One call: what came in, who sent it, and how it was refused if it was."""

    request: Request
    principal: Principal
    request_id: str
    time: datetime
    error: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Trail:
    """The newest calls, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MOST)

    def record(self, entry: Entry) -> None:
        """Keep *entry* unless its call is one that is not logged."""
        call = (entry.request.service, entry.request.operation)
        if call not in UNLOGGED:
            self._entries.append(entry)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All that are kept, delivered or not; oldest first."""
        return tuple(self._entries)

    def delivered(self, now: datetime) -> list[Entry]:
        """What can be looked up by now, newest first."""
        return [entry for entry in reversed(self._entries) if now - entry.time >= DELAY]


def identity(principal: Principal, account: str, access_key: str) -> dict[str, Any]:
    """The ``userIdentity`` of a record."""
    return {
        "type": principal.kind,
        "principalId": principal.id,
        "arn": principal.arn,
        "accountId": account,
        "accessKeyId": access_key,
        **({"userName": principal.name} if principal.kind == "IAMUser" else {}),
    }
