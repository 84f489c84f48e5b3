"""The only door to other HTTP services: one request, one answer, and no redirect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sopctl.core.action import Call
from sopctl.core.codec import Json, canonical
from sopctl.core.errors import RefusedError, UnreachableError
from sopctl.providers.answers import LostReplyError
from sopctl.providers.commands import KEPT, sanitised
from sopctl.providers.secrets import Secrets

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LARGEST = 1 << 20  # bytes of an answer that are read


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """*secrets*: headers by reference. *body*: text as it is, anything else as JSON."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    timeout: float = 10.0  # seconds

    def check(self) -> None:
        """Raise RefusedError for what would leave this machine unencrypted."""
        parts = urlsplit(self.url)
        if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
            return
        raise RefusedError(
            f"{parts.scheme or 'no scheme'}://{parts.hostname or ''} is not encrypted",
            hint="Use https; http is for this machine alone.",
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and text, without what would move a cursor."""

    status: int
    text: str
    raw: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """Requests to whatever a runbook names; in a *practice* world, of this machine alone."""

    practice: bool = False
    secrets: Secrets = field(default_factory=Secrets)

    def headers(self, request: Request) -> dict[str, str]:
        """All headers in clear; raises RefusedError for a secret that is not there."""
        secret = {name: self.secrets.value(each) for name, each in request.secrets.items()}
        kind = {} if request.body is None or isinstance(request.body, str) else _JSON
        return {"User-Agent": "sopctl", **kind, **request.headers, **secret}

    def send(self, request: Request, call: Call | None = None) -> Answer:
        """Send *request* once; *call* makes it a write, with its id as the idempotency key.

        Raises UnreachableError if nothing was sent, and LostReplyError if there is no answer to
        what was (of a read, both are UnreachableError).
        """
        import urllib3  # noqa: PLC0415  # `--help` sends nothing

        request.check()
        host = urlsplit(request.url).hostname
        if self.practice and host not in LOOPBACK:
            raise RefusedError(
                f"{host} is real, and this is a practice world",
                hint="Make the address a parameter, and give one of this machine's in drills.",
            )
        headers = self.headers(request)
        if call is not None:
            headers = {"Idempotency-Key": call.op_id, **headers}
            call.guard()
        try:
            with urllib3.PoolManager(retries=False) as pool:
                reply = pool.request(
                    request.method,
                    request.url,
                    headers=headers,
                    body=_bytes(request.body),
                    timeout=request.timeout,
                    redirect=False,
                    preload_content=False,
                )
                return _answer(reply)
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as e:
            raise UnreachableError(f"{host} cannot be reached") from e
        except (urllib3.exceptions.HTTPError, OSError) as error:
            if call is None:
                raise UnreachableError(f"{host} gives no answer") from error
            raise LostReplyError(f"{host} gave no answer to what was sent") from error


_JSON = {"Content-Type": "application/json"}


def _bytes(body: Json) -> bytes | None:
    if body is None:
        return None
    return body.encode() if isinstance(body, str) else canonical(body)


def _answer(reply: BaseHTTPResponse) -> Answer:
    raw = reply.read(_LARGEST)
    reply.close()
    return Answer(reply.status, sanitised(raw[: KEPT * 4]), raw)
