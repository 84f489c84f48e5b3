"""moto as a function from request to reply, in this process, one call at a time."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sopctl.sandbox.aws.protocol import Request

# Headers that our own front writes; moto's would contradict them.
OURS = frozenset(
    {"connection", "content-length", "date", "server", "x-amz-crc32", "x-amzn-requestid"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP reply before it is written."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Dispatcher(DomainDispatcherApplication):
    """moto's, which for each call lists its own folder to find out what a host name means."""

    def __init__(self) -> None:
        super().__init__(_create)
        self.get_backend_for_host = cache(super().get_backend_for_host)  # type: ignore[method-assign]


class Application:
    """The dispatcher of moto's server, called directly; not thread-safe, as moto is not."""

    def __init__(self) -> None:
        self._wsgi: Any = _Dispatcher()

    def __call__(self, request: Request) -> Reply:
        """Execute *request*; whatever moto raises comes through."""
        head: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
            head[:] = [status, headers]

        chunks: Iterable[bytes] = self._wsgi(_environ(request), start)
        try:
            body = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()
        status, headers = head
        return Reply(
            status=int(status.split()[0]),
            headers={name: value for name, value in headers if name.lower() not in OURS},
            body=body,
        )


def _create(service: Any) -> Any:  # noqa: ANN401  # flask is untyped here
    """The app of one service; moto passes None for a service that it does not have."""
    if service is None:
        raise NotImplementedError("the service")
    return create_backend_app(service)


def _environ(request: Request) -> dict[str, Any]:
    parts = urlsplit(request.target)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path, "latin-1"),
        "QUERY_STRING": parts.query,
        "RAW_URI": request.target,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif name not in ("content-length", "transfer-encoding"):
            environ["HTTP_" + name.upper().replace("-", "_")] = value
    return environ
