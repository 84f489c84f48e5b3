"""The journal of calls: what was asked, by whom, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sopctl.sandbox.k8s.request import Request

# Questions that are answered and not stored; a token is one, too: nobody's state changes.
_REVIEWS = re.compile(
    r"/(self)?subject\w*reviews$|/\w*accessreviews$|/tokenreviews$|/serviceaccounts/[^/]+/token$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as it was answered; status 0 when no answer was sent.

    *began* and *ended* are seconds of this machine's clock, which also tell what went on at once.
    """

    method: str
    path: str
    query: Mapping[str, str]
    status: int
    user: str
    user_agent: str
    audit_id: str
    mutating: bool
    time: datetime
    annotations: Mapping[str, str] = field(default_factory=dict)
    began: float = 0.0
    ended: float = 0.0


def is_mutating(request: Request) -> bool:
    """Whether a request may change what is stored, other than the caller's own review."""
    if request.method in ("GET", "HEAD", "OPTIONS") or request.dry_run:
        return False
    return not (request.method == "POST" and _REVIEWS.search(request.path))
