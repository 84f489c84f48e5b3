"""The clock of a target: this machine's, or one that is read from a URL."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from sopctl.core.clock import Clock, ScaledClock, SystemClock, parse_stamp, stamp
from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError, UnreachableError
from sopctl.core.target import Target

TIMEOUT = 5.0
STEP_TIMEOUT = 60.0
SLICE = 60.0  # seconds of the target's clock in one step


def clock_of(target: Target) -> Clock:
    """The time that *target* lives in; raises UnreachableError if it cannot be asked."""
    if target.clock == "system":
        return SystemClock()
    if not target.clock.startswith(("http://127.0.0.1:", "http://localhost:", "https://")):
        raise RefusedError(
            f"the clock of target {target.name} is not at a loopback or https address",
            hint="Write `clock: system`, unless the target is a sandbox.",
        )
    found = _ask(target)
    if found.get("waits") == "step":
        return SteppedClock(target)
    return ScaledClock(parse_stamp(str(found["now"])), float(found["rate"]))


class SteppedClock:
    """A clock whose owner lets time pass for whoever waits, instead of letting them wait.

    What is done between two waits takes as long as it takes, if the clock moves at all.
    """

    def __init__(self, target: Target) -> None:
        self._target = target

    def now(self) -> datetime:
        return parse_stamp(str(_ask(self._target)["now"]))

    def sleep(self, seconds: float) -> None:
        """Until the target's clock is *seconds* further; others who wait stop it on the way."""
        if seconds <= 0:
            return
        until = self.now() + timedelta(seconds=seconds)
        reached = until - timedelta(seconds=seconds)
        while reached < until:
            goal = min(until, reached + timedelta(seconds=SLICE))
            answer = _ask(self._target, {"until": stamp(goal)})
            reached = parse_stamp(str(answer["now"]))


def _ask(target: Target, step: Json = None) -> Any:  # noqa: ANN401  # JSON of the clock
    """What the clock says, or says after a *step*."""
    headers = {}
    if target.clock_token_file:
        token = Path(target.clock_token_file).read_text(encoding="utf-8").strip()
        headers["Authorization"] = f"Bearer {token}"
    url, data, timeout = target.clock, None, TIMEOUT
    if step is not None:
        url, data, timeout = f"{target.clock}/step", json.dumps(step).encode(), STEP_TIMEOUT
    request = Request(url, data=data, headers=headers)  # noqa: S310  # the scheme was checked
    try:
        with urlopen(request, timeout=timeout) as answer:  # noqa: S310  # as above
            found = json.load(answer)
            float(found["rate"]), parse_stamp(str(found["now"]))
    except (OSError, HTTPException, ValueError, KeyError) as error:
        raise UnreachableError(
            f"the clock of target {target.name} does not answer",
            hint="Start the sandbox again: `sopctl sandbox start`.",
        ) from error
    return found
