"""Between the clients and the world: names every call, strikes some, and watches what is written.

A call is named by what it asks for and by how often that was asked before, so that the same call
is struck whatever order the threads of a run take.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sopctl.app.trials.stage import Life
from sopctl.sandbox.aws.faults import FaultRule as AwsRule
from sopctl.sandbox.aws.protocol import Request as AwsRequest
from sopctl.sandbox.k8s.calls import is_mutating
from sopctl.sandbox.k8s.faults import FaultRule as KubeRule
from sopctl.sandbox.k8s.request import Request as KubeRequest

# What the lock and the marks write: bookkeeping, not changes.
_BOOKKEEPING: Final = re.compile(r"/leases\b|sopctl\.io(/|~1)|sopctl%2Fbefore%2F")
_PERMISSIONS: Final = re.compile(r"accessreviews\b|^iam\.")
_VERSIONS: Final = re.compile(r'"(resourceVersion|uid)": ?"[^"]*"')


class Kind(StrEnum):
    """What happens at the call."""

    THROTTLE = "throttle"
    DENIAL = "denial"
    LOST_REPLY = "lost reply"
    CRASH = "crash"  # before the call has any effect
    CRASH_AFTER = "crash after"  # it had its effect; nobody is left to hear of it
    TURN_BACK = "crash after, then undone"  # and then everything is wanted back at once


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """The *nth* call of a process that asks for *what*.

    *moment*: how much was durable when it came, where nothing was disturbed.
    """

    half: str
    what: str
    nth: int
    mutating: bool = False
    bookkeeping: bool = False
    moment: int = field(default=0, compare=False)

    @property
    def asked_once(self) -> bool:
        """A question about permissions: nobody waits for its answer, and nobody asks again."""
        return bool(_PERMISSIONS.search(self.what))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What can happen at it: a read has no effect that could come without a reply."""
        if not self.mutating:
            return (Kind.THROTTLE, Kind.DENIAL, Kind.LOST_REPLY, Kind.CRASH)
        return tuple(k for k in Kind if k is not Kind.TURN_BACK or not self.bookkeeping)

    def __str__(self) -> str:
        again = f" (number {self.nth + 1})" if self.nth else ""
        return f"{self.half} {self.what}{again}"


@dataclass(slots=True)
class Tap:
    """Observes both halves. *covered* says whether a write may be made now, and if not, why not."""

    life: Life
    covered: Callable[[str], str] = field(default=lambda _: "")
    seen: list[Name] = field(default_factory=list)
    written: Counter[str] = field(default_factory=Counter)  # what was carried out, and how often
    violations: list[str] = field(default_factory=list)
    _targets: set[Name] = field(default_factory=set)
    _kind: Kind = Kind.CRASH
    _asked: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Forget everything: another process begins."""
        self.seen, self.violations = [], []
        self._asked, self.written = Counter(), Counter()
        self._targets = set()

    def arm(self, targets: Collection[Name], kind: Kind) -> None:
        """Strike these calls when they come, each once."""
        self._targets, self._kind = set(targets), kind

    @property
    def missed(self) -> frozenset[Name]:
        """The calls that were to be struck and did not come."""
        return frozenset(self._targets)

    def decide(self, half: str, what: str, body: str, *, mutating: bool) -> Kind | None:
        """The fault for a call that has just come in; dead processes get none of theirs through."""
        with self._lock:
            if self.life.dead:
                return Kind.CRASH
            kept = bool(_BOOKKEEPING.search(what + body))
            name = Name(half, what, self._asked[what], mutating, kept, self.life.durable)
            self._asked[what] += 1
            self.seen.append(name)
            if mutating and not kept and (why := self.covered(what + body)):
                self.violations.append(f"{name}: {why}")
            if name not in self._targets:
                return None
            self._targets.remove(name)
            if self._kind is Kind.CRASH:
                self.life.dead = True
            return self._kind

    def carried_out(self, what: str, body: str) -> None:
        """A changing call had its effect; after it, the process that was to die is dead."""
        with self._lock:
            self.life.durable += 1
            if not _BOOKKEEPING.search(what + body):
                digest = hashlib.sha256(_VERSIONS.sub("", body).encode()).hexdigest()[:12]
                self.written[f"{what} {digest}"] += 1

    def died(self) -> None:
        self.life.dead = True


_AWS: Final = {
    Kind.THROTTLE: AwsRule(kind="throttle"),
    Kind.DENIAL: AwsRule(kind="error", value="AccessDenied"),
    Kind.LOST_REPLY: AwsRule(kind="lost_reply"),
    Kind.CRASH: AwsRule(kind="reset"),
    Kind.CRASH_AFTER: AwsRule(kind="lost_reply"),
    Kind.TURN_BACK: AwsRule(kind="lost_reply"),
}
_KUBE: Final = {
    Kind.THROTTLE: KubeRule(kind="status", value=429),
    Kind.DENIAL: KubeRule(kind="status", value=403),
    Kind.LOST_REPLY: KubeRule(kind="lost_reply"),
    Kind.CRASH: KubeRule(kind="reset"),
    Kind.CRASH_AFTER: KubeRule(kind="lost_reply"),
    Kind.TURN_BACK: KubeRule(kind="lost_reply"),
}
_DYING: Final = (Kind.CRASH_AFTER, Kind.TURN_BACK)
OK: Final = range(200, 300)


@dataclass(slots=True)
class AwsTap:
    """``sopctl.sandbox.aws.front.Observer`` of a tap."""

    tap: Tap
    _dying: list[AwsRequest] = field(default_factory=list)

    def strike(self, request: AwsRequest) -> AwsRule | None:
        body = request.body.decode("utf-8", "replace")
        digest = hashlib.sha256(body.encode()).hexdigest()[:6]
        what = f"{request.service}.{request.operation} {digest}"
        said = body + request.target
        kind = self.tap.decide("AWS", what, said, mutating=request.mutating)
        if kind in _DYING:
            self._dying.append(request)
        return None if kind is None else _AWS[kind]

    def executed(self, request: AwsRequest, status: int) -> None:
        if request.mutating and status in OK:
            body = request.body.decode("utf-8", "replace")
            self.tap.carried_out(f"{request.service}.{request.operation}", body)
        if request in self._dying:
            self._dying.remove(request)
            self.tap.died()


@dataclass(slots=True)
class KubeTap:
    """``sopctl.sandbox.k8s.faults.Observer`` of a tap."""

    tap: Tap
    _dying: list[KubeRequest] = field(default_factory=list)

    def strike(self, request: KubeRequest) -> Sequence[KubeRule]:
        body = request.body.decode("utf-8", "replace")
        mutating = is_mutating(request)
        note = " (dry run)" if request.dry_run else ""
        if _PERMISSIONS.search(request.path):  # many, told apart by what they ask
            note = " " + hashlib.sha256(request.body).hexdigest()[:6]
        what = f"{request.method} {request.path}{note}"
        kind = self.tap.decide("Kubernetes", what, body, mutating=mutating)
        if kind in _DYING:
            self._dying.append(request)
        return () if kind is None else (_KUBE[kind],)

    def executed(self, request: KubeRequest, status: int) -> None:
        if is_mutating(request) and status in OK:
            body = _without_tests(request.body.decode("utf-8", "replace"))
            self.tap.carried_out(f"{request.method} {request.path}", body)
        if any(each is request for each in self._dying):
            self.tap.died()


def _without_tests(body: str) -> str:
    """A JSON patch without what it tests: the same change, of whatever version of the object."""
    try:
        found = json.loads(body)
    except ValueError:
        return body
    if not isinstance(found, list):
        return body
    return json.dumps([each for each in found if each.get("op") != "test"], sort_keys=True)
