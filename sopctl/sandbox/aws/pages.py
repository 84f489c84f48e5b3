"""Lists in pages, as our services and our patches serve them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class BadTokenError(Exception):
    """A token that no page of ours ended with."""


def page(rows: Sequence[T], token: str | None, size: int) -> tuple[list[T], str | None]:
    """The rows after *token*, at most *size*, and the token of the next; raises BadTokenError."""
    start = _position(token) if token else 0
    end = start + size
    return list(rows[start:end]), _token(end) if end < len(rows) else None


def _token(position: int) -> str:
    return base64.urlsafe_b64encode(f"sandbox:{position}".encode()).decode()


def _position(token: str) -> int:
    try:
        marker, _, position = base64.urlsafe_b64decode(token).decode().partition(":")
        if marker == "sandbox":
            return int(position)
    except (binascii.Error, ValueError):
        pass
    raise BadTokenError(token)
