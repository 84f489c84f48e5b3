"""Addresses where nobody answers: refused, and swallowed without a word."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress


def refusing() -> str:
    """``host:port`` of a port that was just closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
    return f"{host}:{port}"


@contextmanager
def black_hole() -> Iterator[str]:
    """``host:port`` where connecting hangs: a listener whose queue is full drops every SYN."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(server.getsockname())
        host, port = server.getsockname()
        yield f"{host}:{port}"


@contextmanager
def silent() -> Iterator[str]:
    """``host:port`` that takes connections and bytes, and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        host, port = server.getsockname()
        yield f"{host}:{port}"
