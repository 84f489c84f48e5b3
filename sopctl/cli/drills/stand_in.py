"""Who answers in a drill that nobody watches: everything with yes, and says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

REASON: Final = "answered by the drill (--auto)"
RETRIES: Final = 6
PATIENCE: Final = 30.0  # seconds of the world between two tries
# What is wished for where a run is parked: rather on than back, and never over somebody's change.
_RATHER: Final = ("yes", "retry", "keep", "skip", "end", "pause")


class StandIn:
    """Answers questions as an engineer would who trusts the runbook.

    A step that failed is tried again a few times, after a wait, and then skipped.
    """

    interactive = True

    def __init__(self, wait: Callable[[float], None]) -> None:
        """*wait* lets so many seconds of the world's time pass."""
        self._wait = wait
        self._left = RETRIES
        self.asked: list[str] = []

    def confirm(self, question: str) -> bool:
        self.asked.append(question)
        return True

    def ask(self, question: str) -> str:
        self.asked.append(question)
        return REASON

    def choose(self, question: str, choices: Sequence[tuple[str, str]]) -> str:
        self.asked.append(question)
        keys = [key for key, _ in choices]
        for key in _RATHER:
            if key not in keys or (key == "retry" and not self._left):
                continue
            if key == "retry":
                self._left -= 1
                self._wait(PATIENCE)
            return key
        return keys[0]
