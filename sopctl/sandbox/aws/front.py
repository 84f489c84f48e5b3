"""The AWS endpoint of the sandbox: HTTP/1.1 with keep-alive on loopback, journaled, with faults.

moto's own server closes the connection after each call, gives constant request ids, is not locked
and knows no faults.
"""

from __future__ import annotations

import socket
import struct
import threading
import traceback
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sopctl.sandbox.aws.application import Application, Reply
from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.faults import FaultRule, Faults
from sopctl.sandbox.aws.protocol import (
    Request,
    new_request_id,
    read,
    refusal,
    render,
    stamp,
)

# What socketserver hands to a request: a socket here, a pair for datagrams.
_Incoming = socket.socket | tuple[bytes, socket.socket]

ACCESS_KEY = "AKIASANDBOX000000000"
NOT_IMPLEMENTED = 501
# How long stop() waits for a connection that is in the middle of a call.
JOIN_SECONDS = 5.0
# SO_LINGER with zero seconds: closing sends RST, as a dying load balancer does.
RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as the server saw it; *status* is 0 where no reply was sent."""

    service: str
    operation: str
    mutating: bool
    request_id: str
    user_agent: str
    status: int
    time: datetime


class AwsFront:
    """Serves *cloud* to any AWS client. ``calls`` and ``faults`` may be read and changed live."""

    def __init__(self, cloud: Cloud, *, host: str = "127.0.0.1") -> None:
        self.cloud = cloud
        self.calls: list[Call] = []
        self.faults: list[FaultRule] = []
        self._strikes = Faults(self.faults, ACCESS_KEY)
        self._application = Application()
        self._server = _Server((host, 0), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def url(self) -> str:
        """Where to reach it, for ``AWS_ENDPOINT_URL``."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and close every connection."""
        self._server.shutdown()
        self._server.close_connections()
        self._server.join()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: Request) -> tuple[Reply | None, str]:
        """The reply, or None to reset the connection, and the call's request id."""
        request_id = new_request_id()
        rule = self._strikes.strike(request)
        reply = self._answer(request, request_id, rule)
        self.calls.append(
            Call(
                service=request.service,
                operation=request.operation,
                mutating=request.mutating,
                request_id=request_id,
                user_agent=request.headers.get("user-agent", ""),
                status=reply.status if reply else 0,
                time=self.cloud.now(),
            )
        )
        return reply, request_id

    def _answer(self, request: Request, request_id: str, rule: FaultRule | None) -> Reply | None:
        if rule is not None and rule.kind in ("reset", "dead"):
            return None
        if rule is not None and rule.kind in ("throttle", "error"):
            cause = "Throttling" if rule.kind == "throttle" else str(rule.value)
            return self._refuse(request, request_id, cause)
        if not request.access_key:
            missing = "Request is missing Authentication Token"
            return self._refuse(request, request_id, "MissingAuthenticationToken:403", missing)
        if rule is not None and rule.kind == "delay":
            threading.Event().wait(float(rule.value))
        reply = self._execute(request, request_id)
        return None if rule is not None and rule.kind == "lost_reply" else reply

    def _execute(self, request: Request, request_id: str) -> Reply:
        try:
            with self.cloud.lock:
                reply = self._application(request)
        except NotImplementedError:
            what = f"the sandbox has no {request.service}:{request.operation}"
            return self._refuse(request, request_id, f"NotImplemented:{NOT_IMPLEMENTED}", what)
        except Exception:  # noqa: BLE001  # the outermost boundary: a bug answers 500, and serving goes on
            traceback.print_exc()
            return self._refuse(request, request_id, "InternalFailure")
        return Reply(status=reply.status, headers=reply.headers, body=stamp(reply.body, request_id))

    def _refuse(self, request: Request, request_id: str, cause: str, text: str = "") -> Reply:
        caller = f"arn:aws:sts::{self.cloud.account}:assumed-role/sopctl-sandbox/on-call"
        error = refusal(request, cause, text, caller)
        headers, body = render(request, error, request_id)
        return Reply(status=error.status, headers=headers, body=body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Clients with sixteen threads connect at once; the default backlog is five.
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], front: AwsFront) -> None:
        self.front = front
        self._open: set[socket.socket] = set()
        self._workers: list[threading.Thread] = []
        self._guard = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: _Incoming, client_address: object) -> None:
        """Serve a connection in a thread that neither outlives stop() nor holds up an exit."""
        self._workers = [worker for worker in self._workers if worker.is_alive()]
        worker = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._workers.append(worker)
        worker.start()

    def join(self) -> None:
        """Wait until every connection's thread has ended."""
        for worker in self._workers:
            worker.join(JOIN_SECONDS)

    def remember(self, connection: socket.socket) -> None:
        with self._guard:
            self._open.add(connection)

    def forget(self, connection: socket.socket) -> None:
        with self._guard:
            self._open.discard(connection)

    def close_connections(self) -> None:
        """Wake the threads that wait for the next request of a kept-alive connection."""
        with self._guard:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client was faster

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that goes away is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.remember(self.connection)

    def finish(self) -> None:
        self.server.forget(self.connection)
        super().finish()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The ``Date`` header is the world's time, which remote timestamps compare with."""
        moment = self.server.front.cloud.now().timestamp() if timestamp is None else timestamp
        return super().date_time_string(moment)

    def version_string(self) -> str:
        return "sopctl-sandbox"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Say nothing: calls are journaled."""

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length") or 0))
        reply, request_id = self.server.front.answer(read(self.command, self.path, headers, body))
        if reply is None:
            self._reset()
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("x-amzn-RequestId", request_id)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.connection.close()  # for real once the handler's files are closed

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _serve  # noqa: N815  # http.server's names
