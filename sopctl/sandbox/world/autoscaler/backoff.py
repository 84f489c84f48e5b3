"""Groups that failed to grow are left alone for a while, longer each time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

_FIRST = timedelta(minutes=5)  # --initial-node-group-backoff-duration
_LONGEST = timedelta(minutes=30)  # --max-node-group-backoff-duration
_FORGOTTEN = timedelta(hours=3)  # --node-group-backoff-reset-timeout


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The last failed growth of a group."""

    failed: datetime
    until: datetime
    period: timedelta
    code: str
    message: str


class Backoff:
    """Failures by group name."""

    def __init__(self) -> None:
        """Start without a failure."""
        self._failures: dict[str, Failure] = {}

    def fail(self, name: str, now: datetime, code: str, message: str) -> None:
        """Note a failure; one after the last back-off ended doubles the time.

        Failures at the same time do not add up. Source: utils/backoff/exponential_backoff.go.
        """
        old = self._failures.get(name)
        period = _FIRST
        if old is not None and now - old.failed < _FORGOTTEN:
            period = min(_LONGEST, old.period * 2) if old.until < now else old.period
        self._failures[name] = Failure(
            failed=now, until=now + period, period=period, code=code, message=message
        )

    def succeed(self, name: str) -> None:
        """Forget the failures of a group whose request came true."""
        self._failures.pop(name, None)

    def current(self, name: str, now: datetime) -> Failure | None:
        """Return why a group is left alone now, or None."""
        found = self._failures.get(name)
        return found if found is not None and now < found.until else None
