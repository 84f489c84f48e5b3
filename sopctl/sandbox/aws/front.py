"""The AWS endpoint of the sandbox: HTTP/1.1 with keep-alive on loopback, journaled, with faults.

moto's own server closes the connection after each call, gives constant request ids, is not locked
and knows no faults.
"""

from __future__ import annotations

import re
import threading
import time
import traceback
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sopctl.sandbox.aws.access.principals import Principal, principal_of
from sopctl.sandbox.aws.application import Application, Reply
from sopctl.sandbox.aws.cloud import Cloud
from sopctl.sandbox.aws.desk import Desk, parse_request
from sopctl.sandbox.aws.faults import FaultRule, Faults
from sopctl.sandbox.aws.gate import denial, expired
from sopctl.sandbox.aws.loopback import LoopbackHandler, LoopbackServer
from sopctl.sandbox.aws.protocol import (
    Request,
    new_request_id,
    read,
    refusal,
    render,
    stamp,
)
from sopctl.sandbox.aws.services.registry import OURS_ALONE, all_services
from sopctl.sandbox.aws.trail import Entry
from sopctl.sandbox.delivery import until_gone

ACCESS_KEY = "AKIASANDBOX000000000"
NOT_IMPLEMENTED = 501
REFUSED = 400
CODE = re.compile(rb"<Code>([^<]+)</Code>|\"__type\": ?\"([^\"]+)\"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as the server saw it; *status* is 0 where no reply was sent.

    *began* and *ended* are seconds of this machine's clock, which also tell what went on at once.
    """

    service: str
    operation: str
    mutating: bool
    request_id: str
    user_agent: str
    status: int
    time: datetime
    began: float = 0.0
    ended: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How a client hears of its call: no *reply* is a reset, or silence; *over* is in seconds."""

    reply: Reply | None
    request_id: str
    silent: bool = False
    over: float = 0.0


class Observer(Protocol):
    """Whoever looks at each call before it is carried out, and after it."""

    def strike(self, request: Request) -> FaultRule | None:
        """A fault for this call, before the ordered ones are asked."""
        ...

    def executed(self, request: Request, status: int) -> None:
        """It was carried out, whether or not its answer is sent."""
        ...


class Nobody:
    """No observer."""

    def strike(self, _: Request) -> FaultRule | None:
        return None

    def executed(self, _: Request, __: int) -> None:
        return None


class AwsFront:
    """Serves *cloud* to any AWS client. ``calls`` and ``faults`` may be read and changed live."""

    def __init__(self, cloud: Cloud, *, host: str = "127.0.0.1") -> None:
        self.cloud = cloud
        self.calls: list[Call] = []
        self.faults: list[FaultRule] = []
        self.observer: Observer = Nobody()
        self._strikes = Faults(self.faults, ACCESS_KEY)
        self._application = Application()
        self._desk = Desk(all_services(cloud))
        self._server = LoopbackServer(type("_BoundHandler", (_Handler,), {"front": self}), host)

    @property
    def url(self) -> str:
        """Where to reach it, for ``AWS_ENDPOINT_URL``."""
        return self._server.url

    def start(self) -> None:
        """Serve in a thread."""
        self._server.start()

    def stop(self) -> None:
        """Stop serving and close every connection."""
        self._server.stop()

    def answer(self, request: Request) -> Delivery:
        """What becomes of a call, and how the client is told."""
        request_id, began = new_request_id(), time.monotonic()
        rule = self.observer.strike(request) or self._strikes.strike(request)
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
                began=began,
                ended=time.monotonic(),
            )
        )
        kind = rule.kind if rule else ""
        return Delivery(
            reply=reply,
            request_id=request_id,
            silent=kind == "silence",
            over=float(rule.value) if rule and kind == "drip" else 0.0,
        )

    def _answer(self, request: Request, request_id: str, rule: FaultRule | None) -> Reply | None:
        kind = rule.kind if rule else ""
        if kind in ("reset", "dead", "silence"):
            return None
        if rule and kind in ("throttle", "error"):
            cause = "Throttling" if kind == "throttle" else str(rule.value)
            return self._refuse(request, request_id, cause)
        if not request.access_key:
            missing = "Request is missing Authentication Token"
            return self._refuse(request, request_id, "MissingAuthenticationToken:403", missing)
        if rule and kind == "delay":
            threading.Event().wait(float(rule.value))
        if rule and kind == "stale" and not request.mutating:
            asked = b"\0".join((request.service.encode(), request.operation.encode(), request.body))
            return rule.earlier.to(asked, lambda: self._carried_out(request, request_id))
        reply = self._carried_out(request, request_id)
        if kind == "failed_reply":
            return self._refuse(request, request_id, "InternalFailure")
        return None if kind == "lost_reply" else reply

    def _carried_out(self, request: Request, request_id: str) -> Reply:
        with self.cloud.lock:
            reply = self._execute(request, request_id)
        self.observer.executed(request, reply.status)
        return reply

    def _execute(self, request: Request, request_id: str) -> Reply:
        """Let the call in, serve it, and write it down."""
        principal = principal_of(self.cloud.account, request.access_key)
        reply = self._keep_out(request, request_id, principal) or self._serve(request, request_id)
        self.cloud.trail.record(
            Entry(
                request=request,
                principal=principal,
                request_id=request_id,
                time=self.cloud.now(),
                error=_error(reply),
            )
        )
        return reply

    def _keep_out(self, request: Request, request_id: str, principal: Principal) -> Reply | None:
        """The refusal of a call that is too much, out of time or not allowed; else None."""
        if not self.cloud.throttle.admits(request, self.cloud.now()):
            return self._refuse(request, request_id, "Throttling")
        if expired(principal, self.cloud.naive_now()):
            return self._refuse(request, request_id, "ExpiredToken")
        if principal.statements is None and request.operation != "AssumeRole":
            return None
        params = parse_request(request)
        service, operation = request.service, request.operation
        why = denial(self.cloud, principal, service, operation, params)
        return self._refuse(request, request_id, "AccessDenied", why) if why else None

    def _serve(self, request: Request, request_id: str) -> Reply:
        try:
            if self._desk.handles(request):
                return self._desk.answer(request, request_id)
            if request.service in OURS_ALONE:
                return self._lacking(request, request_id)
            reply = self._application(request)
        except NotImplementedError:
            return self._lacking(request, request_id)
        except Exception:  # noqa: BLE001  # the outermost boundary: a bug answers 500, and serving goes on
            traceback.print_exc()
            return self._refuse(request, request_id, "InternalFailure")
        if reply.status >= REFUSED and not _is_an_answer(reply):
            return self._lacking(request, request_id)
        return Reply(status=reply.status, headers=reply.headers, body=stamp(reply.body, request_id))

    def _lacking(self, request: Request, request_id: str) -> Reply:
        what = f"the sandbox has no {request.service}:{request.operation}"
        return self._refuse(request, request_id, f"NotImplemented:{NOT_IMPLEMENTED}", what)

    def _refuse(self, request: Request, request_id: str, cause: str, text: str = "") -> Reply:
        caller = principal_of(self.cloud.account, request.access_key).arn
        error = refusal(request, cause, text, caller)
        headers, body = render(request, error, request_id)
        return Reply(status=error.status, headers=headers, body=body)


def _is_an_answer(reply: Reply) -> bool:
    """Whether an error comes from a service: for what it has no route to, moto says so in HTML."""
    return reply.body[:1] in (b"<", b"{", b"") and b"<!doctype html" not in reply.body[:20].lower()


def _error(reply: Reply) -> str:
    """The code of the error that *reply* is, or nothing."""
    if reply.status < REFUSED:
        return ""
    named = next((v for k, v in reply.headers.items() if k.lower() == "x-amzn-errortype"), "")
    found = CODE.search(reply.body)
    told = next((part for part in found.groups() if part), b"").decode() if found else ""
    return named or told.rpartition("#")[2] or str(reply.status)


class _Handler(LoopbackHandler):
    # Set on the subclass that a front makes for itself.
    front: AwsFront

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The ``Date`` header is the world's time, which remote timestamps compare with."""
        moment = self.front.cloud.now().timestamp() if timestamp is None else timestamp
        return super().date_time_string(moment)

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = read(self.command, self.path, headers, self.read_body())
        told = self.front.answer(request)
        if told.reply is not None:
            headers = {**told.reply.headers, "x-amzn-RequestId": told.request_id}
            self.reply(told.reply.status, headers, told.reply.body, over=told.over)
        elif told.silent:
            until_gone(self.connection)
            self.close_connection = True
        else:
            self.reset()

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _serve  # noqa: N815  # http.server's names
