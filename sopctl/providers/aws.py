"""The only door to AWS: typed by names, timed, paced, and proved to be the right account."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sopctl.core.action import Call
from sopctl.core.clock import Clock, SystemClock
from sopctl.core.errors import SopError, WrongTargetError
from sopctl.core.target import Target
from sopctl.providers.answers import Reply
from sopctl.providers.limits import CallNote, Limits
from sopctl.providers.pacing import Pace

if TYPE_CHECKING:
    from sopctl.providers.aws_sdk import AwsSdk, Guard

BURST = 5


class Aws:
    """The AWS of one target: one per run, thread-safe.

    Reads are asked again until a deadline. A write is sent once: whether it was executed is
    either known or raised as OutcomeUnknownError. Errors are those of ``sopctl.core.errors``.
    """

    def __init__(
        self,
        target: Target,
        *,
        agent: str = "",
        clock: Clock | None = None,
        on_call: Callable[[CallNote], None] | None = None,
        limits: Limits | None = None,
        sdk: AwsSdk | None = None,
    ) -> None:
        """*sdk* is one that stands already, and that somebody else closes."""
        self.target = target
        self.clock: Clock = clock or SystemClock()
        self._agent = agent
        self._on_call = on_call
        self._limits = limits or Limits()
        self._pace = Pace(self._limits.writes_per_second, BURST, self.clock)
        self._lock = threading.Lock()
        self._sdk, self._lent = sdk, sdk is not None
        self._proving = threading.RLock()
        self._proved: dict[str, tuple[str, str]] = {}  # access key -> (account, principal)

    @property
    def region(self) -> str:
        """The region that calls go to."""
        return self.target.region or self._open().region

    def read(self, service: str, operation: str, **kwargs: object) -> Mapping[str, Any]:
        """The answer of one reading call, asked again while it fails for the time being."""
        from sopctl.providers.retries import read_again  # noqa: PLC0415  # tenacity takes 50 ms

        return read_again(
            lambda: self._call(service, operation, kwargs),
            clock=self.clock,
            limits=self._limits,
        )

    def once(self, service: str, operation: str, **kwargs: object) -> Mapping[str, Any]:
        """The answer of one reading call, which is not asked again."""
        return self._call(service, operation, kwargs)

    # What is in a page has the API's shape; callers read it into typed values.
    def pages(self, service: str, operation: str, key: str, **kwargs: object) -> list[Any]:
        """What stands under *key* on all pages."""

        def ask(**page: object) -> Mapping[str, Any]:
            return self.read(service, operation, **page)

        pages = self._open().pages(service, operation, ask)
        return [item for page in pages(**kwargs) for item in page.get(key, ())]

    def write(self, call: Call, service: str, operation: str, **kwargs: object) -> Reply:
        """Send one changing call, once, if the identity is right and ``call.guard`` agrees."""
        self._pace.take()

        def guard(access_key: str) -> None:
            self.prove(access_key)
            call.guard()

        data = self._call(service, operation, kwargs, guard)
        return Reply(data, _request_id(data))

    def identity(self, *, first: bool = False) -> tuple[str, str]:
        """(account, caller ARN) of the credentials in use; *first*: nobody has answered yet."""
        from sopctl.providers.retries import read_again  # noqa: PLC0415  # tenacity takes 50 ms

        deadline = self._limits.first if first else self._limits.deadline
        who = read_again(
            lambda: self._call("sts", "get_caller_identity", {}),
            clock=self.clock,
            limits=replace(self._limits, deadline=deadline),
        )
        return str(who["Account"]), str(who["Arn"])

    def secrets(self) -> tuple[str, ...]:
        """What must never be written down: the secret key and the session token in use."""
        return self._sdk.secrets() if self._sdk is not None else ()

    def prove(self, access_key: str) -> None:
        """Raise WrongTargetError unless *access_key* belongs to the pinned account.

        Asked for every write, answered by STS once for a key: so also after each refresh of the
        credentials, when the principal must be the one it was.
        """
        with self._proving:
            if access_key in self._proved:
                return
            account, arn = self.identity()
            found = (account, principal(arn))
            pinned = self.target.account
            if pinned and account != pinned:
                raise WrongTargetError(
                    f"target {self.target.name} is AWS account {pinned}, "
                    f"but the credentials are of {account} ({arn})",
                    hint="Choose the right profile, or pin the target again: `sopctl target add`.",
                )
            if before := next(iter(self._proved.values()), None):
                _same(before, found)
            self._proved[access_key] = found

    def warm(self, services: Iterable[str]) -> None:
        """Make the clients of *services* now, so that later calls do not wait for them."""
        sdk = self._open()
        for service in services:
            sdk.client(service)

    def together(self, asks: Iterable[Callable[[], Any]]) -> list[Any]:
        """The answers of several reads, asked at the same time, in order."""
        with ThreadPoolExecutor(max_workers=8, thread_name_prefix="aws") as pool:
            return list(pool.map(lambda ask: ask(), asks))

    def close(self) -> None:
        """Close every connection."""
        if self._sdk is not None and not self._lent:
            self._sdk.close()

    def _open(self) -> AwsSdk:
        with self._lock:
            if self._sdk is None:
                from sopctl.providers.aws_sdk import AwsSdk  # noqa: PLC0415  # 0.2 s

                self._sdk = AwsSdk(self.target, agent=self._agent, limits=self._limits)
            return self._sdk

    def _call(
        self,
        service: str,
        operation: str,
        kwargs: Mapping[str, object],
        guard: Guard | None = None,
    ) -> Mapping[str, Any]:
        started = time.monotonic()
        request, failed = "", ""
        try:
            answer = self._open().call(service, operation, kwargs, guard)
            request = _request_id(answer)
        except SopError as error:
            failed = type(error).__name__
            request = " ".join(getattr(error, "requests", ()))
            raise
        finally:
            if self._on_call is not None:
                note = CallNote(
                    provider="aws",
                    operation=f"{service}.{operation}",
                    mutating=guard is not None,
                    request=request,
                    error=failed,
                    seconds=time.monotonic() - started,
                )
                self._on_call(note)
        return answer


def principal(arn: str) -> str:
    """The role or user behind a caller ARN, without the name of the session."""
    head, _, resource = arn.rpartition(":")
    parts = resource.split("/")
    return f"{head}:{'/'.join(parts[:2])}" if parts[0] == "assumed-role" else arn


def _same(before: tuple[str, str], now: tuple[str, str]) -> None:
    if before != now:
        raise WrongTargetError(
            f"the AWS credentials were of {before[1]} and are now of {now[1]}",
            hint="Sign in as before, then `sopctl resume`.",
        )


def _request_id(data: Mapping[str, Any]) -> str:
    return str(data.get("ResponseMetadata", {}).get("RequestId", ""))
