"""The lock that lies in the cluster: a ``coordination.k8s.io`` Lease, seen from every laptop.

The journal's own locks are what makes writing safe; this one tells people with other journals. By
default it is best effort: every call is bounded, and a cluster half that does not answer costs a
warning and a few seconds, not the run. A holder is overtaken only after we ourselves saw it keep
silent for as long as its lease lasts; clocks of other machines are never compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from sopctl.core.action import Call
from sopctl.core.clock import Clock, SystemClock, boot_seconds, stamp
from sopctl.core.errors import (
    ConflictError,
    FencedError,
    LockedError,
    NotFoundError,
    OutcomeUnknownError,
    SopError,
    TemporaryError,
)
from sopctl.providers.k8s import K8s, Obj

T = TypeVar("T")

DURATION: Final = 15  # seconds of this machine
_LEASES: Final = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"


def _nothing() -> None:
    return None


class Machine(Protocol):
    """The time of this machine: leases are about silence that we ourselves observed."""

    def seconds(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...


class ThisMachine:
    """Seconds go on while the machine sleeps."""

    def seconds(self) -> float:
        return boot_seconds()

    def sleep(self, seconds: float) -> None:
        SystemClock().sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasePolicy:
    """*required*: no lock, no run. *force*: a person said to take it whoever has it.

    *patience* is how many seconds one call may take before we go on without.
    """

    required: bool = False
    force: bool = False
    patience: float = 3.0


class ClusterLease:
    """``engine.ports.TargetLock`` as the Lease ``sopctl-TARGET`` in ``kube-system``."""

    def __init__(
        self,
        k8s: K8s,
        worker: str,
        *,
        policy: LeasePolicy,
        clock: Clock,
        warn: Callable[[str], None],
        machine: Machine | None = None,
    ) -> None:
        self._k8s = k8s
        self._name = f"sopctl-{k8s.target.name}"
        self._worker = worker
        self._policy = policy
        self._clock = clock
        self._warn = warn
        self._machine: Machine = machine or ThisMachine()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lease")
        self._renewal: Future[None] | None = None
        self._held = False
        self._stray = False  # a call that we did not wait for may have taken it all the same
        self._renewed = 0.0

    def acquire(self, run: str) -> str:
        """Take it; the answer is empty, or who has it. Raises LockedError if it is required."""
        try:
            who = self._take(run)
        except (SopError, TimeoutError) as error:
            self._stray = True
            self._go_without(_reason(error))
            return ""
        self._held = not who
        self._renewed = self._machine.seconds()
        return who

    def renew(self, run: str) -> None:
        """Renew in the background when a third of its life is over; never waits."""
        if not self._held or self._machine.seconds() - self._renewed < DURATION / 3:
            return
        if self._renewal is not None:
            if not self._renewal.done():
                return
            self._look_at(self._renewal)
        if self._held:
            self._renewed = self._machine.seconds()
            self._renewal = self._pool.submit(self._extend, run)

    def release(self, run: str) -> None:
        """Give it back; what does not work expires by itself."""
        if self._held or self._stray:
            held, self._held, self._stray = self._held, False, False
            try:
                self._bounded(lambda: self._give_back(run))
            except (SopError, TimeoutError) as error:
                if held:
                    self._warn(f"the lock in the cluster is left to expire: {_reason(error)}")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _take(self, run: str) -> str:
        """Who loses a race has seen that the winner lives; if that one is gone, it begins anew."""
        while True:
            try:
                return self._attempt(run)
            except ConflictError:
                lease = self._bounded(self._read)
                if lease is not None and (who := _holder(lease)) and _run_of(lease) != run:
                    return who

    def _attempt(self, run: str) -> str:
        """One attempt, or as many looks as it takes to know whether the holder is alive."""
        silent_since, version = self._machine.seconds(), ""
        while True:
            lease = self._bounded(self._read)
            if lease is None:
                self._bounded(lambda: self._create(run))
                return ""
            who, theirs = _holder(lease), str(lease["metadata"].get("resourceVersion", ""))
            ours = not who or _run_of(lease) == run or self._policy.force
            waited = self._machine.seconds() - silent_since
            silent = version == theirs and waited >= _duration(lease)
            if ours or silent:
                self._bounded(lambda found=lease: self._write(found, run))  # type: ignore[misc]  # binds this round's lease
                return ""
            if version and version != theirs:
                return who
            version = theirs
            self._machine.sleep(1.0)

    def _bounded(self, work: Callable[[], T]) -> T:
        return self._pool.submit(work).result(timeout=self._policy.patience)

    def _go_without(self, why: str) -> None:
        if self._policy.required:
            raise LockedError(
                f"the lock of target {self._k8s.target.name} cannot be taken: {why}",
                hint="The target requires it; set `lock: best_effort` to go on without.",
            )
        self._warn(f"no lock in the cluster, going on without: {why}")

    def _look_at(self, renewal: Future[None]) -> None:
        error = renewal.exception()
        if isinstance(error, ConflictError):
            self._held = False
            if self._policy.required:
                raise FencedError(f"somebody took over the lock of {self._k8s.target.name}")
            self._warn("somebody else took the lock in the cluster")
        elif isinstance(error, SopError):
            self._warn(f"the lock in the cluster is not renewed: {error.summary}")

    def _read(self) -> Obj | None:
        try:
            return self._k8s.get(f"{_LEASES}/{self._name}")
        except NotFoundError:
            return None

    def _create(self, run: str) -> None:
        lease: Obj = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._name, "namespace": "kube-system"},
        }
        self._k8s.write(self._call(run), "POST", _LEASES, self._filled(lease, run))

    def _write(self, lease: Obj, run: str) -> None:
        path = f"{_LEASES}/{self._name}"
        self._k8s.write(self._call(run), "PUT", path, self._filled(lease, run))

    def _extend(self, run: str) -> None:
        lease = self._read()
        if lease is None or _run_of(lease) != run:
            raise ConflictError("the lease is not ours any more")
        self._write(lease, run)

    def _give_back(self, run: str) -> None:
        lease = self._read()
        if lease is not None and _run_of(lease) == run:
            lease["spec"] = {**lease.get("spec", {}), "holderIdentity": ""}
            path = f"{_LEASES}/{self._name}"
            self._k8s.write(self._call(run), "PUT", path, lease)

    def _filled(self, lease: Obj, run: str) -> Obj:
        now = stamp(self._clock.now())
        before = lease.get("spec") or {}
        acquired = before.get("acquireTime", now) if _run_of(lease) == run else now
        spec = {
            "holderIdentity": json.dumps({"worker": self._worker, "run": run}),
            "leaseDurationSeconds": DURATION,
            "acquireTime": acquired,
            "renewTime": now,
        }
        return {**lease, "spec": {**before, **spec}}

    def _call(self, run: str) -> Call:
        return Call(run=run, step="lock", op_id=stamp(self._clock.now()), guard=_nothing)


def _reason(error: SopError | TimeoutError) -> str:
    if isinstance(error, TemporaryError | OutcomeUnknownError | TimeoutError):
        return "the cluster does not answer in time"
    return error.summary


def _duration(lease: Obj) -> float:
    return float((lease.get("spec") or {}).get("leaseDurationSeconds") or DURATION)


def _identity(lease: Obj) -> dict[str, str]:
    text = str((lease.get("spec") or {}).get("holderIdentity") or "")
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {"worker": text}


def _run_of(lease: Obj) -> str:
    return str(_identity(lease).get("run", ""))


def _holder(lease: Obj) -> str:
    """Who has it, for people; empty: nobody."""
    text = str((lease.get("spec") or {}).get("holderIdentity") or "")
    found = _identity(lease)
    return f"{found['worker']} for run {found.get('run', '?')}" if "worker" in found else text
