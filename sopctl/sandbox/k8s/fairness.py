"""API priority and fairness: which flow a request belongs to, and when there is no seat for it.

Source: k8s.io/apiserver pkg/apis/flowcontrol/bootstrap/default.go for the flow schemas, in their
matching precedence; pkg/server/filters/priority-and-fairness.go for the answer. Simplified: a
request without a seat is refused at once, where the server would queue it for a while.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from sopctl.sandbox.k8s.request import Request, Response, User

EXEMPT = "exempt"
_SPACE = uuid.UUID("6b38adda-1c2f-4f0f-8d7e-0a3a1f5b2c11")
_LEASES = re.compile(r"/apis/coordination\.k8s\.io/[^/]+/namespaces/([^/]+)/leases(/|$)")
_NODES = re.compile(r"/api/v1/nodes(/[^/]+(/status)?)?$")
_CONTROLLERS = frozenset({"system:kube-controller-manager", "system:kube-scheduler"})
_SYSTEM_ACCOUNTS = "system:serviceaccounts:kube-system"
RETRY_SECONDS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A flow schema by name, and the priority level that it belongs to."""

    schema: str
    level: str

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What every answer carries, so that a client can tell who was slowed down as what."""
        return (
            ("X-Kubernetes-PF-FlowSchema-UID", str(uuid.uuid5(_SPACE, f"schema/{self.schema}"))),
            ("X-Kubernetes-PF-PriorityLevel-UID", str(uuid.uuid5(_SPACE, f"level/{self.level}"))),
        )


def flow_of(request: Request) -> Flow:
    """The flow that a request of a known user belongs to."""
    for name, level, matches in _SCHEMAS:
        if matches(request):
            return Flow(schema=name, level=level)
    return Flow(schema="catch-all", level="catch-all")


def too_many_requests(flow: Flow) -> Response:
    """429 as fairness gives it: a plain text, unlike the Status of a disruption budget's 429."""
    return Response(
        status=HTTPStatus.TOO_MANY_REQUESTS,
        body=b"Too many requests, please try again later.\n",
        content_type="text/plain; charset=utf-8",
        headers=(("Retry-After", str(RETRY_SECONDS)), *flow.headers),
    )


class Seats:
    """How many requests of a priority level are served at once.

    `limits` may be changed at any time; a level that is not in it, and the exempt one, has none.
    """

    def __init__(self) -> None:
        self.limits: dict[str, int] = {}
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def seat(self, level: str) -> Iterator[bool]:
        """Whether there is a seat for a request, which is kept for as long as this lasts."""
        with self._lock:
            limit = self.limits.get(level) if level != EXEMPT else None
            seated = limit is None or self._taken[level] < limit
            self._taken[level] += seated
        try:
            yield seated
        finally:
            with self._lock:
                self._taken[level] -= seated


def _in(group: str) -> Callable[[Request], bool]:
    return lambda request: group in request.user.groups


def _named(user: str) -> Callable[[Request], bool]:
    return lambda request: request.user.name == user


def _is_system(user: User) -> bool:
    return user.name in _CONTROLLERS or _SYSTEM_ACCOUNTS in user.groups


def _elects(request: Request) -> bool:
    found = _LEASES.search(request.path)
    return found is not None and found[1] == "kube-system" and _is_system(request.user)


def _elects_elsewhere(request: Request) -> bool:
    return _LEASES.search(request.path) is not None and _is_system(request.user)


def _reports_a_node(request: Request) -> bool:
    if "system:nodes" not in request.user.groups:
        return False
    lease = _LEASES.search(request.path)
    beats = lease is not None and lease[1] == "kube-node-lease"
    return beats or _NODES.search(request.path) is not None


_SCHEMAS: tuple[tuple[str, str, Callable[[Request], bool]], ...] = (
    ("exempt", EXEMPT, _in("system:masters")),
    ("system-leader-election", "leader-election", _elects),
    ("workload-leader-election", "leader-election", _elects_elsewhere),
    ("system-node-high", "node-high", _reports_a_node),
    ("system-nodes", "system", _in("system:nodes")),
    ("kube-controller-manager", "workload-high", _named("system:kube-controller-manager")),
    ("kube-scheduler", "workload-high", _named("system:kube-scheduler")),
    ("kube-system-service-accounts", "workload-high", _in(_SYSTEM_ACCOUNTS)),
    ("service-accounts", "workload-low", _in("system:serviceaccounts")),
    ("global-default", "global-default", _in("system:authenticated")),
)
LEVELS: Mapping[str, str] = {name: level for name, level, _ in _SCHEMAS}
