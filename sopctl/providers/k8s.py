"""The only door to Kubernetes: JSON in and out, timed, and proved to be the right cluster."""

from __future__ import annotations

import builtins
import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from sopctl.core.action import Call
from sopctl.core.clock import Clock, SystemClock
from sopctl.core.errors import NotFoundError, PermissionDeniedError, SopError, WrongTargetError
from sopctl.core.target import Target
from sopctl.providers.answers import Reply, UnauthenticatedError
from sopctl.providers.k8s_looks import Looks
from sopctl.providers.k8s_paths import query_string
from sopctl.providers.limits import CallNote, Limits

if TYPE_CHECKING:
    from sopctl.providers.k8s_sdk import Answer, K8sSdk

Obj: TypeAlias = dict[str, Any]
"""A Kubernetes object is JSON: its schema is the server's, and unknown fields must survive."""
Objs: TypeAlias = list[Obj]
T = TypeVar("T")

FIELD_MANAGER = "sopctl"
JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
_AUDIT_IDS = uuid.UUID("6c1a2f0e-5f0c-4a53-9d3c-3b6f3f0b6a55")  # names our Audit-IDs, nothing else
_REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@dataclass(frozen=True, slots=True)
class _Ask:
    """One request; *guard* makes it a write, *authorization* overrides the credentials in use."""

    method: str
    path: str
    query: Mapping[str, str | int | bool]
    body: Any = None
    content_type: str = ""
    audit: str = ""
    guard: Callable[[], None] | None = None
    authorization: str | None = None


class K8s:
    """The API server of one target: one per run, thread-safe.

    Paths are those of the API (``/api/v1/nodes/NAME``). Reads are asked again until a deadline; a
    write is sent once. Errors are those of ``sopctl.core.errors`` and ``sopctl.providers.answers``.
    """

    def __init__(
        self,
        target: Target,
        *,
        agent: str = "",
        clock: Clock | None = None,
        on_call: Callable[[CallNote], None] | None = None,
        limits: Limits | None = None,
        sdk: K8sSdk | None = None,
    ) -> None:
        self.target = target
        self.clock: Clock = clock or SystemClock()
        self._agent = agent or "sopctl"
        self._on_call = on_call
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._sdk, self._lent = sdk, sdk is not None
        self._looks = Looks()
        self._proving = threading.Lock()
        self._proved: dict[str, tuple[str, str]] = {}  # credentials -> (cluster uid, user)

    @property
    def server(self) -> str:
        """The URL of the API server."""
        return self._open().server

    @property
    def entries(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The kubeconfig's context and user in use, as written."""
        return self._open().entries

    def get(self, path: str, **query: str | int | bool) -> Obj:
        """One object, as it is now; NotFoundError if there is none."""
        return self._read(_Ask("GET", path, query))

    def list(self, path: str, **query: str | int | bool) -> Objs:
        """All objects of a collection, page by page; ``labelSelector`` and so on in *query*."""
        return self.each(path, lambda obj: obj, **query)

    def each(
        self, path: str, read: Callable[[Obj], T | None], **query: str | int | bool
    ) -> builtins.list[T]:
        """What *read* makes of each object; one page is kept at a time (``list`` keeps all)."""
        return self._looks.gathered(
            path, query, read, lambda page: self._read(_Ask("GET", path, {**page, **query}))
        )

    def one_look(self) -> AbstractContextManager[None]:
        """As long as this lasts, equal lists are asked for once: for plans, which write nothing."""
        return self._looks.one()

    def write(
        self,
        call: Call,
        method: str,
        path: str,
        body: Any = None,  # noqa: ANN401  # a JSON document of the API's shape
        *,
        content_type: str = "",
        query: Mapping[str, str] | None = None,
    ) -> Reply:
        """POST, PUT, PATCH or DELETE, sent once, if the identity is right and the guard agrees.

        The reply's *request* is the Audit-ID: ours, kept by the API server in its audit log, and
        the same when the very same request of an attempt is sent again.
        """
        self._looks.end()
        sent = json.dumps(body, sort_keys=True)
        name = f"{call.run}|{call.step}|{call.op_id}|{method}|{path}|{sent}"
        asked = dict(query or {})
        if method != "DELETE":
            asked.setdefault("fieldManager", FIELD_MANAGER)
        audit = str(uuid.uuid5(_AUDIT_IDS, name))
        ask = _Ask(method, path, asked, body, content_type, audit=audit, guard=call.guard)
        answer = self._send(ask)
        return Reply(answer.body, answer.headers.get("Audit-Id", "") or audit)

    def dry_run(
        self,
        method: str,
        path: str,
        body: Any,  # noqa: ANN401  # a JSON document of the API's shape
        *,
        content_type: str = "",
    ) -> Obj:
        """What a write would return: admission and validation run, nothing is stored."""
        asked = {"dryRun": "All", "fieldManager": FIELD_MANAGER}
        return self._send(_Ask(method, path, asked, body, content_type)).body

    def review(self, path: str, body: Obj) -> Obj:
        """The answer to a ``*Review``: created, never stored, and not asked again."""
        return self._send(_Ask("POST", path, {}, body)).body

    def identity(self, *, first: bool = False) -> tuple[str, str, str]:
        """(uid of the kube-system namespace, server URL, our user name there).

        An identity that may not be read is empty. *first*: nobody has answered yet.
        """
        return self._identity(self._open().authorization(), first=first)

    def version(self) -> tuple[int, int]:
        """(major, minor) of the API server."""
        found = self.get("/version")
        minor = "".join(c for c in str(found.get("minor", "0")) if c.isdigit())
        return int(found.get("major", 0)), int(minor or 0)

    def prove(self, authorization: str) -> None:
        """Raise WrongTargetError unless the pinned cluster answers to *authorization*.

        Asked before every write, answered by the server once for each set of credentials.
        """
        with self._proving:
            if authorization in self._proved:
                return
            uid, server, user = self._identity(authorization)
            pinned = self.target.cluster_uid
            if pinned and not uid:
                raise PermissionDeniedError(
                    f"the identity of {server} may not be read, so nothing may be changed there",
                    hint="Ask for the permission to get the namespace kube-system.",
                )
            if pinned and uid != pinned:
                raise WrongTargetError(
                    f"target {self.target.name} is cluster {pinned}, but {server} is {uid}",
                    hint="Choose the right context, or pin the target again: `sopctl target add`.",
                )
            before = next(iter(self._proved.values()), (uid, user))
            if before != (uid, user):
                raise WrongTargetError(
                    f"the cluster credentials were of {before[1]} and are now of {user}",
                    hint="Sign in as before, then `sopctl resume`.",
                )
            self._proved[authorization] = (uid, user)

    def close(self) -> None:
        """Close every connection."""
        if self._sdk is not None and not self._lent:
            self._sdk.close()

    def _open(self) -> K8sSdk:
        with self._lock:
            if self._sdk is None:
                from sopctl.providers.k8s_sdk import K8sSdk  # noqa: PLC0415  # 0.3 s

                self._sdk = K8sSdk(self.target, self._limits)
            return self._sdk

    def _identity(self, authorization: str, *, first: bool = False) -> tuple[str, str, str]:
        deadline = self._limits.first if first else self._limits.deadline

        def ask(method: str, path: str, body: Obj | None = None) -> Obj:
            question = _Ask(method, path, {}, body, authorization=authorization)
            try:
                return self._read(question, deadline)
            except UnauthenticatedError:
                raise
            except (NotFoundError, PermissionDeniedError):
                return {}

        space = ask("GET", "/api/v1/namespaces/kube-system")
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        user = ask("POST", _REVIEW, review).get("status", {}).get("userInfo", {})
        uid = str(space.get("metadata", {}).get("uid", ""))
        return uid, self.server, str(user.get("username", ""))

    def _read(self, ask: _Ask, deadline: float | None = None) -> Obj:
        from sopctl.providers.retries import read_again  # noqa: PLC0415  # tenacity takes 50 ms

        limits = replace(self._limits, deadline=deadline or self._limits.deadline)
        return read_again(lambda: self._send(ask), clock=self.clock, limits=limits).body

    def _send(self, ask: _Ask) -> Answer:
        started = time.monotonic()
        failed = ""
        try:
            answer = self._authorized(ask)
        except SopError as error:
            failed = type(error).__name__
            raise
        finally:
            if self._on_call is not None:
                note = CallNote(
                    provider="kubernetes",
                    operation=f"{ask.method} {ask.path}",
                    mutating=ask.guard is not None,
                    request=ask.audit,
                    error=failed,
                    seconds=time.monotonic() - started,
                )
                self._on_call(note)
        return answer

    def _authorized(self, ask: _Ask) -> Answer:
        """Send with credentials that were proved; a 401 (never executed) renews them once."""
        sdk = self._open()
        given = sdk.authorization() if ask.authorization is None else ask.authorization
        try:
            return self._exchange(sdk, ask, given)
        except UnauthenticatedError:
            renewed = given if ask.authorization is not None else sdk.renew(given)
            if renewed == given:
                raise
        return self._exchange(sdk, ask, renewed)

    def _exchange(self, sdk: K8sSdk, ask: _Ask, authorization: str) -> Answer:
        if ask.guard is not None:
            self.prove(authorization)
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": self._agent,
        }
        if authorization:
            headers["Authorization"] = authorization
        if ask.audit:
            headers["Audit-ID"] = ask.audit
        body = None
        if ask.body is not None:
            headers["Content-Type"] = ask.content_type or "application/json"
            body = json.dumps(ask.body).encode()
        path = ask.path + query_string(ask.query)
        answer = sdk.send(ask.method, path, headers=headers, body=body, guard=ask.guard)
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise _refusal(ask, answer)
        return answer


def _refusal(ask: _Ask, answer: Answer) -> SopError:
    from sopctl.providers.k8s_errors import answered  # noqa: PLC0415  # loaded with the SDK

    return answered(
        answer.status,
        answer.body,
        f"{ask.method} {ask.path}",
        retry_after=answer.headers.get("Retry-After", ""),
        mutating=ask.guard is not None,
        audit=answer.headers.get("Audit-Id", "") or ask.audit,
    )
