"""The head of a request, read without Python's parser of e-mails, which takes a third of a call."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler
from typing import Final, cast

LONGEST: Final = 65536  # bytes of a line
MOST: Final = 100  # lines
_WORDS: Final = 3


class Head:
    """What was sent, in order; names are compared without regard to case."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = fields
        self._known: dict[str, list[str]] = {}
        for name, value in fields:
            self._known.setdefault(name.lower(), []).append(value)

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first value of *name*."""
        found = self._known.get(name.lower())
        return found[0] if found else default

    def get_all(self, name: str, default: list[str] | None = None) -> list[str] | None:
        """Every value of *name*."""
        return self._known.get(name.lower(), default)

    def items(self) -> list[tuple[str, str]]:
        return list(self._fields)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._fields)

    def __getitem__(self, name: str) -> str | None:
        return self.get(name)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._known


class PlainHandler(BaseHTTPRequestHandler):
    """Reads what HTTP/1.1 clients send; anything else is refused."""

    def parse_request(self) -> bool:
        """As the base class does, for a request line of three words."""
        line: bytes = self.raw_requestline  # type: ignore[attr-defined]  # unknown to typeshed
        self.requestline = line.decode("iso-8859-1").rstrip("\r\n")
        words = self.requestline.split()
        if len(words) != _WORDS or words[2] not in ("HTTP/1.1", "HTTP/1.0"):
            return super().parse_request()  # which says what is wrong
        self.command, self.path, self.request_version = words
        self.path = "/" + self.path.lstrip("/") if self.path.startswith("//") else self.path
        fields = self._fields()
        if fields is None:
            self.close_connection = True
            self.send_error(431)
            return False
        # The base class reads a few of them; ours is asked in the same words.
        self.headers = cast("Message[str, str]", Head(fields))
        said = (self.headers.get("Connection") or "").lower()
        newest = self.request_version == "HTTP/1.1"
        self.close_connection = said == "close" or (not newest and said != "keep-alive")
        if newest and (self.headers.get("Expect") or "").lower() == "100-continue":
            return self.handle_expect_100()
        return True

    def _fields(self) -> list[tuple[str, str]] | None:
        """The header fields; None if they are too many, too long or no fields."""
        fields: list[tuple[str, str]] = []
        while len(fields) <= MOST:
            line = self.rfile.readline(LONGEST + 1)
            if len(line) > LONGEST:
                return None
            if line in (b"\r\n", b"\n", b""):
                return fields
            name, colon, value = line.decode("iso-8859-1").partition(":")
            if not colon or name != name.strip():
                return None
            fields.append((name, value.strip()))
        return None
