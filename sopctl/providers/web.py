"""The only door to HTTP services that are neither AWS nor Kubernetes.

Certificates are verified, redirects are not followed, answers are read up to a bound. A write is
sent once: an answer of 500 and more, or none, leaves open whether it was executed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sopctl.core.action import Call
from sopctl.core.clock import Clock
from sopctl.core.codec import Json, canonical
from sopctl.core.errors import (
    ConflictError,
    NotFoundError,
    PermissionDeniedError,
    RefusedError,
    SopError,
    TemporaryError,
    UnreachableError,
)
from sopctl.core.target import Target
from sopctl.providers.answers import AnsweredError, LostReplyError, PacedError
from sopctl.providers.limits import CallNote, Limits

if TYPE_CHECKING:
    import requests

PROVIDER = "http"
BOUND = 1_000_000  # bytes of an answer that are read
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LOOK_FIRST = "Run `sopctl resume`: it looks first, then decides."
_AGAIN = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request. *secrets*: header to the environment variable that has its value."""

    method: str
    url: str
    body: Json = None
    headers: Mapping[str, str]
    secrets: Mapping[str, str]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """*status* is HTTP's; *body* the text, as far as it was read."""

    status: int
    body: str

    @property
    def json(self) -> Json:
        """The body as JSON; None if it is none."""
        try:
            found: Json = json.loads(self.body)
        except ValueError:
            return None
        return found


class Web:
    """HTTP for one target. Thread-safe."""

    def __init__(
        self,
        target: Target,
        *,
        agent: str,
        clock: Clock,
        hide: Callable[..., None],
        on_call: Callable[[CallNote], None] | None = None,
    ) -> None:
        """*hide* is told every secret before it is used."""
        self._target, self._agent, self._clock = target, agent, clock
        self._hide, self._on_call = hide, on_call

    def ask(self, asked: Asked) -> Answer:
        """The answer to a reading request, of any status below 500; asked again a few times."""
        from sopctl.providers.retries import read_again  # noqa: PLC0415  # tenacity takes 50 ms

        def once() -> Answer:
            answer = self._exchange(asked, None)
            if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in _AGAIN:
                raise TemporaryError(_said(asked, answer), provider=PROVIDER)
            return answer

        return read_again(once, clock=self._clock, limits=Limits())

    def act(self, call: Call, asked: Asked) -> Answer:
        """Send a changing request, once, if the guard agrees; raises for what is no success."""
        answer = self._exchange(asked, call)
        if answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return answer
        raise _refusal(asked, answer)

    def _exchange(self, asked: Asked, call: Call | None) -> Answer:
        _refuse_real(self._target, asked.url)
        started, failed = time.monotonic(), ""
        try:
            return self._send(asked, call)
        except SopError as error:
            failed = type(error).__name__
            raise
        finally:
            if self._on_call is not None:
                note = CallNote(
                    provider=PROVIDER,
                    operation=f"{asked.method} {asked.url}",
                    mutating=call is not None,
                    error=failed,
                    seconds=time.monotonic() - started,
                )
                self._on_call(note)

    def _send(self, asked: Asked, call: Call | None) -> Answer:
        import requests  # noqa: PLC0415  # 0.1 s, and few runbooks need it

        headers = {"User-Agent": self._agent, **asked.headers, **self._secrets(asked.secrets)}
        data = None
        if asked.body is not None:
            data = canonical(asked.body)
            headers.setdefault("Content-Type", "application/json")
        if call is not None:
            headers.setdefault("Idempotency-Key", call.op_id)
            call.guard()
        try:
            with requests.request(
                asked.method,
                asked.url,
                headers=headers,
                data=data,
                timeout=asked.seconds,
                allow_redirects=False,
                stream=True,
            ) as reply:
                return _read(reply)
        except requests.RequestException as error:
            raise _silent(asked, error, mutating=call is not None) from error

    def _secrets(self, wanted: Mapping[str, str]) -> Mapping[str, str]:
        found = {header: os.environ.get(name, "") for header, name in wanted.items()}
        if missing := sorted(name for header, name in wanted.items() if not found[header]):
            raise RefusedError(
                f"the environment has no {', '.join(missing)}",
                hint="Set it before you start sopctl; it is kept out of every record.",
            )
        self._hide(*found.values())
        return found


def _refuse_real(target: Target, url: str) -> None:
    """A practice world has a clock of its own; nothing in it may reach the real one."""
    host = urlsplit(url).hostname or ""
    if target.clock != "system" and host not in _LOOPBACK:
        raise RefusedError(
            f"{url} is real, and {target.name} is a practice world",
            hint="Make the address a parameter, and give one of this machine's in drills.",
        )


def _read(reply: requests.Response) -> Answer:
    body = b""
    for piece in reply.iter_content(65536):
        body += piece
        if len(body) >= BOUND:
            break
    return Answer(status=reply.status_code, body=body[:BOUND].decode(errors="replace"))


def _silent(asked: Asked, error: Exception, *, mutating: bool) -> SopError:
    import requests  # noqa: PLC0415  # as above

    text = f"{asked.method} {asked.url}: {type(error).__name__}"
    if isinstance(error, requests.ConnectTimeout) or _not_connected(error):
        return UnreachableError(f"cannot reach {text}", provider=PROVIDER)
    if isinstance(error, ValueError):  # requests.InvalidURL, InvalidHeader and others like them
        return AnsweredError(f"{text}: {error}", status=0, provider=PROVIDER)
    if mutating:
        return LostReplyError(f"no answer to {text}", hint=_LOOK_FIRST)
    return TemporaryError(f"no answer to {text}", provider=PROVIDER)


def _not_connected(error: BaseException) -> bool:
    """Whether the connection was never made: urllib3 says so inside of what requests raises."""
    import urllib3.exceptions  # noqa: PLC0415  # comes with requests

    inner: Any = error.args[0] if error.args else None
    return isinstance(getattr(inner, "reason", None), urllib3.exceptions.NewConnectionError)


def _said(asked: Asked, answer: Answer) -> str:
    said = " ".join(answer.body.split())[:200]
    return f"{asked.method} {asked.url}: HTTP {answer.status}" + (f": {said}" if said else "")


def _refusal(asked: Asked, answer: Answer) -> SopError:
    text, status = _said(asked, answer), answer.status
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return PermissionDeniedError(text, hint="Look at the credentials in the environment.")
    if status in (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED):
        return ConflictError(text, provider=PROVIDER)
    if status == HTTPStatus.NOT_FOUND:
        return NotFoundError(text, provider=PROVIDER)
    if status in _AGAIN:
        return PacedError(text, provider=PROVIDER)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return LostReplyError(text, hint=_LOOK_FIRST)
    return AnsweredError(text, status=status, body={}, provider=PROVIDER)
