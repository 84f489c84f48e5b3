"""An HTTP/1.1 server on loopback that ends cleanly: no thread and no socket outlives ``stop``."""

from __future__ import annotations

import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sopctl.sandbox.delivery import deliver
from sopctl.sandbox.heads import PlainHandler

# What socketserver hands to a request: a socket here, a pair for datagrams.
_Incoming = socket.socket | tuple[bytes, socket.socket]

# How long stop() waits for a connection that is in the middle of a call.
JOIN_SECONDS = 5.0
# SO_LINGER with zero seconds: closing sends RST, as a dying load balancer does.
RESET = struct.pack("ii", 1, 0)


class LoopbackServer(ThreadingHTTPServer):
    """Serves each connection in a thread of its own, keeping connections alive."""

    daemon_threads = True
    # Clients with sixteen threads connect at once; the default backlog is five.
    request_queue_size = 128

    def __init__(self, handler: type[BaseHTTPRequestHandler], host: str = "127.0.0.1") -> None:
        self._open: set[socket.socket] = set()
        self._workers: list[threading.Thread] = []
        self._guard = threading.Lock()
        self._acceptor = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        super().__init__((host, 0), handler)

    @property
    def url(self) -> str:
        """Where to reach it."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> None:
        """Serve in a thread."""
        self._acceptor.start()

    def stop(self) -> None:
        """Stop serving and close every connection; a call under way may finish."""
        if self._acceptor.is_alive():
            self.shutdown()
            self._acceptor.join()
        with self._guard:
            for connection in self._open:
                try:
                    # Wakes the thread that waits for the next request; replies still go out.
                    connection.shutdown(socket.SHUT_RD)
                except OSError:
                    continue  # the client was faster
        for worker in self._workers:
            worker.join(JOIN_SECONDS)
        self.server_close()

    def process_request(self, request: _Incoming, client_address: object) -> None:
        """Serve a connection in a thread that neither outlives stop() nor holds up an exit."""
        self._workers = [worker for worker in self._workers if worker.is_alive()]
        worker = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._workers.append(worker)
        worker.start()

    def remember(self, connection: socket.socket) -> None:
        """Note an open connection."""
        with self._guard:
            self._open.add(connection)

    def forget(self, connection: socket.socket) -> None:
        """Note a closed connection."""
        with self._guard:
            self._open.discard(connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is no error of ours."""


class LoopbackHandler(PlainHandler):
    """Reads whole requests and writes whole replies, so that none waits for another packet."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        if isinstance(self.server, LoopbackServer):
            self.server.remember(self.connection)

    def finish(self) -> None:
        if isinstance(self.server, LoopbackServer):
            self.server.forget(self.connection)
        super().finish()

    def version_string(self) -> str:
        return "sopctl-sandbox"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Say nothing: calls are journaled."""

    def read_body(self) -> bytes:
        """The request's body, by its Content-Length."""
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def reply(
        self, status: int, headers: dict[str, str], body: bytes, *, over: float = 0.0
    ) -> None:
        """Send a whole reply; its body in drops, if it is to take *over* seconds."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            deliver(body, over, self.write)

    def write(self, piece: bytes) -> None:
        """Send a piece of a body at once."""
        self.wfile.write(piece)
        self.wfile.flush()

    def reset(self) -> None:
        """Send RST in place of a reply."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.connection.close()  # for real once the handler's files are closed
