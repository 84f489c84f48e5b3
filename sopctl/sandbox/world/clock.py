"""The time of the sandbox: it may run faster than ours, and tests may push it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta


class WorldClock:
    """Simulated time: a start instant, plus `rate` world seconds for each real second.

    A rate of zero is a stopped clock: only `advance` and `sleep` move it.
    """

    def __init__(
        self,
        start: datetime,
        rate: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start at `start`, which must know its time zone."""
        if start.tzinfo is None:
            raise ValueError("the start of a world clock needs a time zone")
        if rate < 0:
            raise ValueError(f"a world clock cannot run backwards: rate {rate}")
        self._start = start
        self._monotonic = monotonic
        self._zero = monotonic()
        self._skipped = 0.0
        self.rate = rate

    def now(self) -> datetime:
        """Return the world time."""
        elapsed = (self._monotonic() - self._zero) * self.rate + self._skipped
        return self._start + timedelta(seconds=elapsed)

    def sleep(self, world_seconds: float) -> None:
        """Wait until this many world seconds have passed; a stopped clock jumps instead."""
        if world_seconds <= 0:
            return
        if self.rate == 0:
            self.advance(world_seconds)
            return
        threading.Event().wait(world_seconds / self.rate)

    def advance(self, seconds: float) -> None:
        """Jump forward by this many world seconds."""
        if seconds < 0:
            raise ValueError(f"a world clock cannot run backwards: {seconds} seconds")
        self._skipped += seconds

    def set(self, moment: datetime) -> None:
        """Go on from another moment, earlier or later: the world was exchanged."""
        self._start, self._zero, self._skipped = moment, self._monotonic(), 0.0

    def pace(self, rate: float) -> None:
        """Go on from now at another rate."""
        if rate < 0:
            raise ValueError(f"a world clock cannot run backwards: rate {rate}")
        self._start, self._zero, self._skipped = self.now(), self._monotonic(), 0.0
        self.rate = rate
