"""Addresses where nobody answers: refused, and swallowed without a word."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


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


@contextmanager
def endless() -> Iterator[str]:
    """``host:port`` that answers every request with 100 MB of JSON."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Length", str(100 * 2**20))
            self.end_headers()
            with suppress(OSError):  # it went away
                for _ in range(100):
                    self.wfile.write(b" " * 2**20)

        do_POST = do_GET  # noqa: N815  # as the base class calls them

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
