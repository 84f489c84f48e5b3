"""Nobody watches: for commands that run nothing."""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.core.journal import Record
from sopctl.views.lines import line
from sopctl.views.screen import Screen


class Silent:
    """A watcher that shows nothing."""

    def records(self, _records: Sequence[Record]) -> None:
        return

    def waiting(self, _why: str) -> None:
        return

    def warn(self, _text: str) -> None:
        return


class Aside(Silent):
    """A watcher that shows warnings alone, beside what the command prints."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def warn(self, text: str) -> None:
        self._screen.show([line(("warning: ", "warn"), text)])
