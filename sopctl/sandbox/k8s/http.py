"""The API over HTTPS on the loopback interface: authentication, faults and the call journal."""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import ssl
import struct
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from sopctl.sandbox.delivery import deliver, until_gone
from sopctl.sandbox.heads import PlainHandler
from sopctl.sandbox.k8s import fairness
from sopctl.sandbox.k8s.api import Api
from sopctl.sandbox.k8s.calls import Call, is_mutating
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.errors import ApiError
from sopctl.sandbox.k8s.faults import FaultRule, Faults, Nobody, Observer, refused
from sopctl.sandbox.k8s.impersonate import SEPARATOR, impersonated
from sopctl.sandbox.k8s.listener import Listener
from sopctl.sandbox.k8s.request import ANONYMOUS, Request, Response, User, refusal
from sopctl.sandbox.k8s.tls import make_identity

__all__ = ["Call", "FaultRule", "KubeServer", "is_mutating"]

_LOG = logging.getLogger(__name__)
ADMIN = User(name="sandbox-admin", groups=("system:masters", "system:authenticated"))


class KubeServer:
    """Serves a cluster to clients that present a known token.

    `users` maps tokens to users and may grow; `token` belongs to an administrator. `seats` bounds
    how many requests of a priority level are served at once.
    """

    def __init__(self, cluster: Cluster, *, token: str, host: str = "127.0.0.1") -> None:
        self.cluster = cluster
        self.calls: list[Call] = []
        self.users: dict[str, User] = {token: ADMIN}
        self.faults: list[FaultRule] = []
        self.observer: Observer = Nobody()
        self.seats = fairness.Seats()
        self._stopped = threading.Event()
        self._identity = make_identity(host)
        self.ca_pem = self._identity.ca_pem
        self._injector = Faults(self.faults)
        self._exchanged = threading.Event()
        self._api = self._serving(cluster, self._exchanged)
        self._http = _Server((host, 0), self)
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self.url = f"https://{host}:{self._http.server_address[1]}"

    def start(self) -> None:
        """Answer requests from now on."""
        self._thread.start()

    def exchange(self, cluster: Cluster) -> None:
        """Serve another cluster from now on, at the same address; watches of the old one end."""
        old, over = self.cluster, self._exchanged
        self._exchanged = threading.Event()
        self.cluster = cluster
        self._api = self._serving(cluster, self._exchanged)
        over.set()
        with old.lock:
            old.store.changed.notify_all()

    def _serving(self, cluster: Cluster, exchanged: threading.Event) -> Api:
        return Api(cluster, lambda: exchanged.is_set() or self._stopped.is_set())

    def stop(self) -> None:
        """Close the port and every connection."""
        self._stopped.set()
        with self.cluster.lock:
            self.cluster.store.changed.notify_all()
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()
        self._http.close_connections()

    def wrap(self, connection: socket.socket) -> ssl.SSLSocket:
        """The TLS side of an accepted connection, its handshake still to be done."""
        return self._identity.context.wrap_socket(
            connection,
            server_side=True,
            do_handshake_on_connect=False,
        )

    def authenticated(self, request: Request) -> Request:
        """The request with the user that its bearer token belongs to, if it is a known one."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        user = self.users.get(token)
        if user is None:
            with self.cluster.lock:
                user = self.cluster.tokens.user_of(token)
        if user is None:
            return request
        request = replace(request, user=user)
        with self.cluster.lock, contextlib.suppress(ApiError):  # which the API answers with
            request = impersonated(self.cluster.store, request)
        return request

    def respond(self, request: Request) -> Response:
        """The answer to a request; 401 for nobody's."""
        if request.user == ANONYMOUS:
            return refusal(ApiError(401, "Unauthorized", "Unauthorized"))
        flow = fairness.flow_of(request)
        with self.seats.seat(flow.level) as seated:
            if not seated:
                return fairness.too_many_requests(flow)
            return self._handled(request).with_headers(*flow.headers)

    def _handled(self, request: Request) -> Response:
        try:
            return self._api.handle(request)
        except Exception:  # noqa: BLE001  # logged, and answered as a server does
            # The outermost boundary: a bug here must be an answer, and must not go unseen.
            _LOG.exception("%s %s", request.method, request.path)
            return refusal(ApiError(500, "InternalError", "the sandbox stumbled; see its log"))

    def hits(self, method: str, target: str) -> tuple[FaultRule, ...]:
        """The injected faults that hit a request."""
        return tuple(self._injector.hitting(method, target))

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the server lives."""
        self._stopped.wait(seconds)

    def record(self, request: Request, status: int, audit_id: str, began: float) -> None:
        """Journal an answered request."""
        self.calls.append(
            Call(
                method=request.method,
                path=request.path,
                query=request.query,
                status=status,
                user=request.user.name,
                user_agent=request.headers.get("user-agent", ""),
                audit_id=audit_id,
                mutating=is_mutating(request),
                time=self.cluster.now(),
                annotations=dict(request.remarks.annotations),
                began=began,
                ended=time.monotonic(),
            )
        )


class _Server(Listener):
    def __init__(self, address: tuple[str, int], owner: KubeServer) -> None:
        self.owner = owner
        super().__init__(address, _Handler, owner.wrap)


class _Handler(PlainHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet per answer; flushed after every chunk
    disable_nagle_algorithm = True
    timeout = 900
    server: _Server

    def setup(self) -> None:
        self.request.settimeout(10)
        self.request.do_handshake()
        super().setup()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # name of the base
        """Requests are journaled in `calls`, not printed."""

    def _serve(self) -> None:
        owner, began = self.server.owner, time.monotonic()
        request = owner.authenticated(self._request())
        audit_id = request.headers.get("audit-id") or str(uuid.uuid4())
        hits = (*owner.observer.strike(request), *owner.hits(request.method, self.path))
        for rule in hits:
            if rule.kind == "delay":
                owner.pause(rule.value)
        kinds = {rule.kind for rule in hits}
        if "silence" in kinds:
            until_gone(self.connection)
            self._hang_up(request, audit_id, began)
            return
        if "reset" in kinds:
            linger = struct.pack("ii", 1, 0)  # on, zero seconds: closing sends RST
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._hang_up(request, audit_id, began)
            return
        codes = [int(rule.value) for rule in hits if rule.kind == "status"]
        response = refused(codes[0], request) if codes else self._response(request, hits)
        if "lost_reply" in kinds:
            self._hang_up(request, audit_id, began)
            return
        owner.record(request, response.status, audit_id, began)
        self._send(response, audit_id, sum(r.value for r in hits if r.kind == "drip"))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815  # http.server's names

    def _response(self, request: Request, hits: Sequence[FaultRule]) -> Response:
        """The answer to what is carried out, or to what was asked before."""
        stale = next((rule for rule in hits if rule.kind == "stale"), None)
        if stale and request.method == "GET" and "watch" not in request.query:
            asked = f"{request.headers.get('accept', '')} {self.path}".encode()
            return stale.earlier.to(asked, lambda: self._carried_out(request))
        response = self._carried_out(request)
        failed = any(rule.kind == "failed_reply" for rule in hits)
        return refused(HTTPStatus.INTERNAL_SERVER_ERROR, request) if failed else response

    def _carried_out(self, request: Request) -> Response:
        owner = self.server.owner
        response = owner.respond(request)
        owner.observer.executed(request, response.status)
        return response

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        return Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={
                name.lower(): SEPARATOR.join(self.headers.get_all(name) or ())
                for name in self.headers
            },
            body=self.rfile.read(length) if length else b"",
        )

    def _hang_up(self, request: Request, audit_id: str, began: float) -> None:
        self.server.owner.record(request, 0, audit_id, began)
        self.close_connection = True

    def _send(self, response: Response, audit_id: str, over: float) -> None:
        """The whole answer; its body in drops, if it is to take *over* seconds."""
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Audit-Id", audit_id)
        self.send_header("Cache-Control", "no-cache, private")
        for name, value in response.headers:
            self.send_header(name, value)
        if response.stream is not None:
            self._stream(response)
            return
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            deliver(response.body, over, self._write)

    def _write(self, piece: bytes) -> None:
        self.wfile.write(piece)
        self.wfile.flush()

    def _stream(self, response: Response) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        for chunk in response.stream or ():
            if chunk:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.flush()
            elif self._nobody_listens():
                self.close_connection = True
                return
        self.wfile.write(b"0\r\n\r\n")

    def _nobody_listens(self) -> bool:
        """A watcher sends nothing, so readable means that it hung up."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable)
