"""What a command cost in calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sopctl.views.lines import Line, count, line


class Stats(Protocol):
    """See ``sopctl.app.calls``."""

    @property
    def calls(self) -> Mapping[str, int]: ...
    @property
    def mutating(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def sequential(self) -> int: ...
    @property
    def seconds(self) -> float: ...


def lines(found: Stats) -> list[Line]:
    """One line: calls by provider, how many changed something, the longest chain."""
    by = ", ".join(f"{number} {provider}" for provider, number in sorted(found.calls.items()))
    total = sum(found.calls.values())
    text = f"{count(total, 'call')} ({by or 'none'}), {found.mutating} mutating"
    text += f", {found.failed} failed, {count(found.sequential, 'sequential round trip')}"
    return [line(("stats: ", "quiet"), text)]
