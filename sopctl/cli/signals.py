"""Signals set a flag; calls in flight are finished and recorded. The third Ctrl-C stops at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Final

ABORT_AT: Final = 3
FINISHING: Final = "finishing the calls in flight; twice more stops at once"
_CAUGHT: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Caught:
    """The first signal that came (0: none), and how many."""

    number: int = 0
    count: int = 0

    @property
    def exit_code(self) -> int:
        return 128 + self.number


@contextmanager
def caught(stop: threading.Event, tell: Callable[[str], None] | None = None) -> Iterator[Caught]:
    """Set *stop* at the first signal; outside the main thread signals are left alone.

    *tell* is the view that draws on the screen: what is written past it is drawn over. It is told
    by a thread of its own, because a handler may interrupt whoever holds the view's lock.
    """
    seen = Caught()
    if threading.current_thread() is not threading.main_thread():
        yield seen
        return

    def take(number: int, _: FrameType | None) -> None:
        seen.number = seen.number or number
        seen.count += 1
        stop.set()
        if seen.count >= ABORT_AT:
            raise KeyboardInterrupt
        if seen.count > 1:
            return
        if tell is None:
            _tell()
        else:
            threading.Thread(target=tell, args=(FINISHING,), daemon=True).start()

    with _handled(take):
        yield seen


@contextmanager
def interrupting() -> Iterator[None]:
    """Whatever ends the process raises KeyboardInterrupt, so that a screen is given back."""

    def take(_number: int, _: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with _handled(take):
        yield


@contextmanager
def _handled(take: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, take) for number in _CAUGHT}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell() -> None:
    """Straight to the descriptor: a handler may interrupt whoever holds the stream's lock."""
    with suppress(OSError, ValueError):
        os.write(sys.stderr.fileno(), f"\n{FINISHING}\n".encode())
