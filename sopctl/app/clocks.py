"""The clock of a target: this machine's, or one that is read from a URL."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

from urllib3 import BaseHTTPResponse, PoolManager
from urllib3.exceptions import HTTPError

from sopctl.core.clock import Clock, ScaledClock, SystemClock, parse_stamp, stamp
from sopctl.core.codec import Json
from sopctl.core.errors import RefusedError, UnreachableError
from sopctl.core.target import Target

TIMEOUT = 5.0
STEP_TIMEOUT = 60.0
_CONNECTIONS = 4  # the run's own, and of those who watch in the background
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
    line = _Line(target)
    found = line.ask()
    if found.get("waits") == "step":
        return SteppedClock(line)
    return ScaledClock(parse_stamp(str(found["now"])), float(found["rate"]))


class SteppedClock:
    """A clock whose owner lets time pass for whoever waits, instead of letting them wait.

    What is done between two waits takes as long as it takes, if the clock moves at all.
    """

    def __init__(self, line: _Line) -> None:
        self._line = line

    def now(self) -> datetime:
        return parse_stamp(str(self._line.ask()["now"]))

    def sleep(self, seconds: float) -> None:
        """Until the target's clock is *seconds* further; others who wait stop it on the way."""
        if seconds <= 0:
            return
        until = self.now() + timedelta(seconds=seconds)
        reached = until - timedelta(seconds=seconds)
        while reached < until:
            goal = min(until, reached + timedelta(seconds=SLICE))
            answer = self._line.ask({"until": stamp(goal)})
            reached = parse_stamp(str(answer["now"]))


class _Line:
    """The way to a target's clock: it is asked thousands of times, over connections that stay."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._pool = PoolManager(retries=False, maxsize=_CONNECTIONS)

    def ask(self, step: Json = None) -> Any:  # noqa: ANN401  # JSON of the clock
        """What the clock says, or says after a *step*; raises UnreachableError."""
        target, headers = self._target, {}
        if target.clock_token_file:
            token = Path(target.clock_token_file).read_text(encoding="utf-8").strip()
            headers["Authorization"] = f"Bearer {token}"
        try:
            if step is None:
                reply = self._pool.request("GET", target.clock, headers=headers, timeout=TIMEOUT)
            else:
                url, wait = f"{target.clock}/step", STEP_TIMEOUT
                reply = self._pool.request("POST", url, json=step, headers=headers, timeout=wait)
            return _read(reply)
        except (OSError, HTTPError, ValueError, KeyError) as error:
            raise UnreachableError(
                f"the clock of target {target.name} does not answer",
                hint="Start the sandbox again: `sopctl sandbox start`.",
            ) from error


def _read(reply: BaseHTTPResponse) -> Any:  # noqa: ANN401  # JSON of the clock
    if reply.status != HTTPStatus.OK:
        raise HTTPError(f"it answers {reply.status}")
    found = reply.json()
    float(found["rate"]), parse_stamp(str(found["now"]))
    return found
