"""What was asked of the providers: how many calls, and how many of them one after the other."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from sopctl.core.clock import boot_seconds
from sopctl.providers.limits import CallNote


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """*sequential* is the longest chain of calls that could not overlap; *seconds* of all calls."""

    calls: Mapping[str, int]  # by provider
    mutating: int
    failed: int
    sequential: int
    seconds: float


class CallLog:
    """Collects the notes of the providers; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._notes: list[tuple[CallNote, float]] = []

    def note(self, note: CallNote) -> None:
        with self._lock:
            self._notes.append((note, boot_seconds()))

    def stats(self) -> Stats:
        with self._lock:
            notes = list(self._notes)
        calls: dict[str, int] = {}
        for note, _ in notes:
            calls[note.provider] = calls.get(note.provider, 0) + 1
        return Stats(
            calls=calls,
            mutating=sum(note.mutating for note, _ in notes),
            failed=sum(bool(note.error) for note, _ in notes),
            sequential=_chain([(end - note.seconds, end) for note, end in notes]),
            seconds=sum(note.seconds for note, _ in notes),
        )


def _chain(spans: list[tuple[float, float]]) -> int:
    """The most spans of which no two overlap: what no concurrency could have saved."""
    count, free = 0, float("-inf")
    for start, end in sorted(spans, key=lambda span: span[1]):
        if start >= free:
            count, free = count + 1, end
    return count
