"""A token bucket: writes leave no faster than the provider's rate, whatever the concurrency."""

from __future__ import annotations

import threading
from datetime import datetime

from sopctl.core.clock import Clock


class Pace:
    """*rate* calls a second of *clock* on average, *burst* at once.

    AWS Auto Scaling has one token bucket per account and region, shared with the cluster
    autoscaler: throttling ourselves keeps it from being throttled.
    """

    def __init__(self, rate: float, burst: int, clock: Clock) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = float(burst)
        self._filled: datetime | None = None

    def take(self) -> None:
        """Take a token, waiting for it if there is none."""
        with self._lock:
            now = self._clock.now()
            elapsed = 0.0 if self._filled is None else (now - self._filled).total_seconds()
            self._filled = now
            self._tokens = min(self._burst, self._tokens + max(0.0, elapsed) * self._rate) - 1.0
            wait = max(0.0, -self._tokens / self._rate)
        if wait:
            self._clock.sleep(wait)
