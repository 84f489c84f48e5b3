"""How an answer reaches its client on a bad day: never, in drops, or as an old one."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

T = TypeVar("T")

DROPS: Final = 20
LOOK: Final = 0.5  # seconds between two looks whether a client is still there


def until_gone(connection: socket.socket) -> None:
    """Say nothing until the client leaves, or the server closes the connection.

    A client that waits for an answer sends nothing, so readable means that it hung up.
    """
    try:
        while not select.select([connection], [], [], LOOK)[0]:
            pass
    except (OSError, ValueError):  # closed meanwhile
        return


def deliver(body: bytes, over: float, write: Callable[[bytes], object]) -> None:
    """Write *body* at once, or in drops that take *over* seconds together."""
    if not over:
        write(body)
        return
    size = max(1, -(-len(body) // DROPS))
    starts = range(0, len(body), size)
    for start in starts:
        write(body[start : start + size])
        threading.Event().wait(over / len(starts))


@dataclass(slots=True)
class Earlier(Generic[T]):
    """What was answered since a fault is in force: equal questions get equal answers."""

    answers: dict[bytes, T] = field(default_factory=dict)

    def to(self, question: bytes, answer: Callable[[], T]) -> T:
        """The first answer to *question*."""
        if question not in self.answers:
            self.answers[question] = answer()
        return self.answers[question]
