"""What AWS would tell EventBridge, kept until the cloud's next round delivers it.

moto tells EventBridge nothing of instances and groups. These are made deep inside moto, out of
reach of any object of ours, so this is the patches' one global, as moto's backends are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.utils import utcnow


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a service of AWS; *time* is naive UTC, as everything in moto."""

    source: str
    detail_type: str
    detail: Mapping[str, Any]
    resources: tuple[str, ...]
    time: datetime


OUTBOX: deque[Event] = deque(maxlen=10_000)


def tell(source: str, detail_type: str, resource: str, detail: Mapping[str, Any]) -> None:
    """Note what happened now, about one resource by its ARN."""
    OUTBOX.append(
        Event(
            source=source,
            detail_type=detail_type,
            detail=detail,
            resources=(resource,),
            time=utcnow(),
        )
    )
