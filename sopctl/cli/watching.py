"""Nobody watches: for commands that run nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.core.journal import Record


class Silent:
    """A watcher that shows nothing."""

    def records(self, _records: Sequence[Record]) -> None:
        return

    def waiting(self, _why: str) -> None:
        return

    def warn(self, _text: str) -> None:
        return
