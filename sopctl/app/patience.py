"""Says that it waits, when something takes longer than people expect."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

AFTER: Final = 3.0  # seconds of this machine


@contextmanager
def speaking_up(warn: Callable[[str], None], text: str, after: float = AFTER) -> Iterator[None]:
    """Within: *warn* of *text* once, if it takes longer than *after* seconds."""
    timer = threading.Timer(after, warn, [text])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
