"""Timestamps as Kubernetes writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


def stamp(moment: datetime) -> str:
    """Return a `metav1.Time`: RFC 3339, UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_stamp(moment: datetime) -> str:
    """Return a `metav1.MicroTime`, as Leases and Events carry it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@lru_cache(maxsize=4096)
def moment(text: str) -> datetime:
    """Read a timestamp back."""
    return datetime.fromisoformat(text)


def earliest(*moments: datetime | None) -> datetime | None:
    """Return the first of some moments; None is never."""
    known = [each for each in moments if each is not None]
    return min(known) if known else None
