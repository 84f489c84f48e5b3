"""A small HTTP service that keeps what it is given, counts, and misbehaves on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Service:
    """*kept* is path to JSON; *answers* are statuses to give instead, one a write or read."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.answers: list[int] = []
        self.after = False  # the misbehaviour comes after the effect
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def writes(self) -> list[str]:
        return [f"{method} {path}" for method, path, _ in self.asked if method != "GET"]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                service.asked.append((self.command, self.path, dict(self.headers)))
                status = service.answers.pop(0) if service.answers else 0
                if not status or service.after:
                    good = service.take(self.command, self.path, body)
                    status = status or good
                if status == -1:  # no answer at all
                    self.close_connection = True
                    return
                said = json.dumps(service.kept.get(self.path, {"status": status})).encode()
                self.send_response(status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one  # noqa: N815

        return Handler

    def take(self, method: str, path: str, body: bytes) -> int:
        if method == "GET":
            return 200 if path in self.kept else 404
        if method == "DELETE":
            self.kept.pop(path, None)
            return 200
        self.kept[path] = json.loads(body or b"{}")
        return 200


@contextmanager
def serving() -> Iterator[Service]:
    service = Service()
    try:
        yield service
    finally:
        service.close()
