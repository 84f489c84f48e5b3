"""When each target was examined last, and what came out: for the first lines of a plan."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sopctl.app import files
from sopctl.core.check import Severity
from sopctl.core.clock import stamp
from sopctl.core.codec import Json, decode, encode
from sopctl.core.errors import UsageError
from sopctl.core.readiness import Finding, State, score

_FILE: Final = "verified.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """*critical* findings among those that are not *ready* (0 to 100)."""

    at: str
    ready: int
    critical: int


def remember(state: Path, target: str, found: Sequence[Finding], now: datetime) -> None:
    """Keep what came out for *target*; a failure costs nothing."""
    critical = sum(
        each.state is State.NOT_READY and each.readiness.severity is Severity.CRITICAL
        for each in found
    )
    made = Verified(at=stamp(now), ready=score(found), critical=critical)
    whole = {**_all(state), target: encode(made)}
    with suppress(OSError, UsageError):
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write(state / _FILE, json.dumps(whole))


def last(state: Path, target: str) -> Verified | None:
    """The last examination of *target*, if there was one that can be read."""
    try:
        return decode(Verified, _all(state)[target])
    except (KeyError, TypeError, ValueError):
        return None


def _all(state: Path) -> Mapping[str, Json]:
    try:
        found = json.loads((state / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
