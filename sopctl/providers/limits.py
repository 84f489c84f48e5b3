"""How long and how often to ask, and what is told about each call."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the calls of one provider; seconds.

    The SDKs' own defaults wait a minute (botocore) or for ever (kubernetes) for a dead peer.
    *attempts* and *deadline* are for reads: a write is sent once.
    """

    connect: float = 3.0
    read: float = 15.0
    attempts: int = 4
    deadline: float = 40.0
    first: float = 10.0  # the deadline of the first question: who answers here at all
    pool: int = 32
    writes_per_second: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNote:
    """One call, for whoever counts: *error* is the name of our error class, or empty."""

    provider: str
    operation: str
    mutating: bool
    request: str = ""
    error: str = ""
    seconds: float = 0.0
