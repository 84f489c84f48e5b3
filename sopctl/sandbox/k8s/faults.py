"""Faults on demand: what a bad day does to requests."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal, Protocol

from sopctl.sandbox.delivery import Earlier
from sopctl.sandbox.k8s.fairness import flow_of, too_many_requests
from sopctl.sandbox.k8s.objects import Obj, encode
from sopctl.sandbox.k8s.request import Request, Response

Kind = Literal["delay", "status", "reset", "lost_reply", "failed_reply", "silence", "drip", "stale"]


@dataclass(slots=True)
class FaultRule:
    """A fault for requests whose method and path match.

    kind        delay: answer after `value` seconds; status: refuse with HTTP status `value`;
                reset: close the connection instead of reading on; lost_reply: do what was asked,
                then close the connection without an answer; failed_reply: do what was asked, then
                answer 500; silence: never answer, and leave the connection open; drip: the body
                takes `value` seconds; stale: a read is answered as the first equal one since the
                rule is in force
    method      "*" for every method, "writes" for all that may change something
    path_regex  searched in the path with its query
    count       how many requests it hits before it is spent; None: all
    probability of hitting a matching request
    """

    method: str = "*"
    path_regex: str = ""
    kind: Kind = "status"
    value: float = 503
    count: int | None = 1
    probability: float = 1.0
    earlier: Earlier[Response] = field(
        default_factory=Earlier, init=False, repr=False, compare=False
    )


@dataclass(slots=True)
class Faults:
    """The rules in force; `rules` may be changed at any time."""

    rules: list[FaultRule] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _random: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311  # dice

    def hitting(self, method: str, target: str) -> Sequence[FaultRule]:
        """The rules that hit this request; counted rules are used up by it."""
        with self._lock:
            hits = [rule for rule in self.rules if self._hits(rule, method, target)]
            for rule in hits:
                if rule.count is not None:
                    rule.count -= 1
            return hits

    def _hits(self, rule: FaultRule, method: str, target: str) -> bool:
        if rule.count is not None and rule.count <= 0:
            return False
        of_method = method in _WRITES if rule.method == "writes" else rule.method in ("*", method)
        if not of_method or not re.search(rule.path_regex, target):
            return False
        return rule.probability >= 1 or self._random.random() < rule.probability


class Observer(Protocol):
    """Whoever looks at each request before it is carried out, and after it."""

    def strike(self, request: Request) -> Sequence[FaultRule]:
        """Faults for this request, beside the ordered ones."""
        ...

    def executed(self, request: Request, status: int) -> None:
        """It was carried out, whether or not its answer is sent."""
        ...


class Nobody:
    """No observer."""

    def strike(self, _: Request) -> Sequence[FaultRule]:
        return ()

    def executed(self, _: Request, __: int) -> None:
        return None


_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REASONS = {
    401: "Unauthorized",
    403: "Forbidden",
    409: "Conflict",
    422: "Invalid",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


def refused(code: int, request: Request) -> Response:
    """An injected refusal; 429 is the one of API priority and fairness."""
    if code == HTTPStatus.TOO_MANY_REQUESTS:
        return too_many_requests(flow_of(request))
    after = (("Retry-After", "1"),) if code == HTTPStatus.SERVICE_UNAVAILABLE else ()
    return Response(status=code, body=encode(_status(code)), headers=after)


def _status(code: int) -> Obj:
    retry = {"retryAfterSeconds": 1} if code == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"injected fault: {code}",
        "reason": _REASONS.get(code, "Unknown"),
        "details": retry,
        "code": code,
    }
