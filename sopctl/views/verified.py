"""When a target was examined last: one line, for the first lines of a plan."""

from __future__ import annotations

from typing import Protocol


class Verified(Protocol):
    """See ``app.doctor.verified``."""

    @property
    def at(self) -> str: ...
    @property
    def ready(self) -> int: ...
    @property
    def critical(self) -> int: ...


def last(found: Verified | None) -> str:
    """One line; about none, too: nobody knows whether this cluster is ready."""
    if found is None:
        return "Never verified: `sopctl doctor` asks whether this cluster is ready."
    grave = f", {found.critical} critical findings" if found.critical else ""
    return f"Last verified {found.at[:10]}: {found.ready} of 100{grave}."
