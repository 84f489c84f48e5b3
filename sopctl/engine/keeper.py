"""Keep a lease alive, and refuse to act without it."""

from __future__ import annotations

from collections.abc import Callable

from sopctl.core.errors import FencedError
from sopctl.core.journal import Lease, Store


class Keeper:
    """Renews *lease* when a third of its life is over; *guard* is called right before a write.

    The deadline is counted from before the renewal was asked for, on a clock that goes on while
    the machine sleeps: a laptop that slept past its lease does not write when it wakes.
    """

    def __init__(
        self, store: Store, lease: Lease, seconds: Callable[[], float], *, guarding: bool = True
    ) -> None:
        self.lease = lease
        self._store = store
        self._seconds = seconds
        self._guarding = guarding
        self._renewed = seconds()

    def beat(self) -> None:
        """Renew if it is time to; raises FencedError when somebody else has the lease."""
        asked = self._seconds()
        if asked - self._renewed < self.lease.ttl / 3:
            return
        if not self._store.renew(self.lease):
            raise FencedError(
                f"run {self.lease.run} is now worked on by somebody else",
                hint="Follow it with `sopctl status`; nothing more is done here.",
            )
        self._renewed = asked

    def guard(self) -> None:
        """Raise FencedError unless the lease surely is still ours."""
        if self._guarding and self._seconds() - self._renewed >= self.lease.ttl / 3:
            self.beat()
