"""Time as a port, so that tests and accelerated drills own it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The target's time. Seconds are always seconds of that time."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait that many seconds of this clock."""
        ...


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251  # the one place that reads the clock

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))  # noqa: TID251  # the one place that waits


class ScaledClock:
    """A clock that was read once as *start* and runs *rate* times as fast as this machine's.

    A sandbox hands out its own time this way, so that a one-minute refresh takes seconds.
    """

    def __init__(self, start: datetime, rate: float) -> None:
        self._start = start
        self._rate = rate
        self._origin = time.monotonic()

    def now(self) -> datetime:
        elapsed = (time.monotonic() - self._origin) * self._rate
        return self._start + timedelta(seconds=elapsed)

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds) / self._rate)  # noqa: TID251  # the one place that waits


def boot_seconds() -> float:
    """Seconds since boot that go on while the machine sleeps, for leases.

    ``time.monotonic`` stops during suspend on Linux; a laptop that slept past its lease must
    know it. Source: clock_gettime(2), CLOCK_BOOTTIME.
    """
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def stamp(moment: datetime) -> str:
    """*moment* as the journal writes it: UTC, microseconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_stamp(text: str) -> datetime:
    """The inverse of :func:`stamp`; also reads RFC 3339 times of the Kubernetes API."""
    return datetime.fromisoformat(text)
