"""Which addresses of a server answer: one may be in the zone that fails."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

SECONDS = 3.0


def addresses(url: str) -> tuple[str, ...]:
    """The addresses that the name of the server *url* resolves to; none if it does not."""
    parts = urlsplit(url)
    try:
        found = socket.getaddrinfo(parts.hostname, _port(url), type=socket.SOCK_STREAM)
    except OSError:
        return ()
    return tuple(sorted({str(each[4][0]) for each in found}))


def silent(url: str, seconds: float = SECONDS) -> tuple[str, ...]:
    """Those of them that do not take a connection within *seconds*; all are tried at once."""
    found = addresses(url)
    with ThreadPoolExecutor(max_workers=max(1, len(found))) as pool:
        answers = list(pool.map(lambda each: _answers(each, _port(url), seconds), found))
    return tuple(each for each, answered in zip(found, answers, strict=True) if not answered)


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (80 if parts.scheme == "http" else 443)


def _answers(address: str, port: int, seconds: float) -> bool:
    try:
        socket.create_connection((address, port), timeout=seconds).close()
    except OSError:
        return False
    return True
