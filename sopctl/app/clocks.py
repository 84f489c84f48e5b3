"""The clock of a target: this machine's, or one that is read from a URL."""

from __future__ import annotations

import json
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from urllib.request import Request, urlopen

from sopctl.core.clock import Clock, ScaledClock, SystemClock, parse_stamp
from sopctl.core.errors import RefusedError, UnreachableError
from sopctl.core.target import Target

TIMEOUT = 5.0


def clock_of(target: Target) -> Clock:
    """The time that *target* lives in; raises UnreachableError if it cannot be asked."""
    if target.clock == "system":
        return SystemClock()
    if not target.clock.startswith(("http://127.0.0.1:", "http://localhost:", "https://")):
        raise RefusedError(
            f"the clock of target {target.name} is not at a loopback or https address",
            hint="Write `clock: system`, unless the target is a sandbox.",
        )
    now, rate = _ask(target)
    return ScaledClock(now, rate)


def _ask(target: Target) -> tuple[datetime, float]:
    headers = {}
    if target.clock_token_file:
        token = Path(target.clock_token_file).read_text(encoding="utf-8").strip()
        headers["Authorization"] = f"Bearer {token}"
    request = Request(target.clock, headers=headers)  # noqa: S310  # the scheme was checked
    try:
        with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310  # as above
            found = json.load(answer)
        return parse_stamp(str(found["now"])), float(found["rate"])
    except (OSError, HTTPException, ValueError, KeyError) as error:
        raise UnreachableError(
            f"the clock of target {target.name} does not answer",
            hint="Start the sandbox again: `sopctl sandbox start`.",
        ) from error
