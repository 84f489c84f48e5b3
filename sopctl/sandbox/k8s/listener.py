"""A server of TLS connections, each in a thread of its own; all of them can be closed."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Listener(ThreadingHTTPServer):
    """*wrap* makes the TLS side of an accepted connection, its handshake still to be done."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[BaseHTTPRequestHandler],
        wrap: Callable[[socket.socket], ssl.SSLSocket],
    ) -> None:
        self._wrap = wrap
        self._open: set[ssl.SSLSocket] = set()
        self._lock = threading.Lock()
        super().__init__(address, handler)

    def get_request(self) -> tuple[ssl.SSLSocket, object]:
        connection, address = super().get_request()
        wrapped = self._wrap(connection)
        with self._lock:
            self._open.add(wrapped)
        return wrapped, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        super().shutdown_request(request)
        with self._lock:
            self._open.discard(request)

    def close_connections(self) -> None:
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up, or do not trust us, are no news."""
