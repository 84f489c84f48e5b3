"""A target that was reached: its clients, its facts, its clock, and who answers there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from sopctl.app.blame import blame
from sopctl.app.calls import CallLog
from sopctl.app.lease import ClusterLease, LeasePolicy, Machine
from sopctl.app.preflight import Preflight
from sopctl.app.targets import CURRENT
from sopctl.core.clock import Clock
from sopctl.core.codec import Json
from sopctl.core.errors import (
    RefusedError,
    SopError,
    TemporaryError,
    UnreachableError,
    WrongTargetError,
)
from sopctl.core.resource import ResourceId
from sopctl.core.target import Identity, Target
from sopctl.engine.ports import Facts, TargetLock
from sopctl.facts.outside import Outside
from sopctl.facts.snapshot import Snapshot
from sopctl.facts.world import World
from sopctl.permissions.gather import Need
from sopctl.providers.aws import Aws
from sopctl.providers.k8s import K8s
from sopctl.providers.limits import Limits

if TYPE_CHECKING:
    from sopctl.providers.aws_sdk import AwsSdk
    from sopctl.providers.k8s_sdk import K8sSdk

LOCK_LIMITS = Limits(connect=1.0, read=2.0, attempts=1, deadline=3.0)


class Connection(Protocol):
    """What the desk needs of a target; tests have worlds of their own."""

    clients: Any  # handed to actions unseen
    facts: Facts
    clock: Clock
    calls: CallLog

    def identify(self) -> Identity:
        """Who and what answers. Raises what a provider raises that is not merely silent."""
        ...

    def glimpse(self) -> Identity:
        """The same for who only looks: of one that refuses us, the other is still worth seeing."""
        ...

    def context(self) -> str:
        """The kubeconfig's context in use; empty if there is none."""
        ...

    def zone(self, wanted: str) -> tuple[str, str]:
        """(name, id) of the zone; RefusedError if there is none, UnreachableError."""
        ...

    def lock(
        self, worker: str, warn: Callable[[str], None], *, force: bool
    ) -> TargetLock | None: ...

    def preflight(self, needs: Sequence[Need], identity: Identity) -> Preflight | None:
        """Begin to ask what *identity* may do; None where nobody can be asked."""
        ...

    def one_look(self) -> AbstractContextManager[None]:
        """While this lasts nothing is written, and equal questions have one answer."""
        ...

    def blame(self, ids: Sequence[ResourceId]) -> Mapping[ResourceId, str]:
        """Who wrote each last besides us, as far as it tells."""
        ...

    def close(self) -> None: ...


def _nothing(*_secrets: str) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sdks:
    """Connections and clients that stand already, shared by many invocations in one process."""

    aws: AwsSdk | None = None
    k8s: K8sSdk | None = None


NO_SDKS = Sdks()


class RealConnection:
    """AWS and Kubernetes over their SDKs; nothing is opened before it is needed."""

    def __init__(
        self,
        target: Target,
        clock: Clock,
        *,
        agent: str,
        hide: Callable[..., None] = _nothing,
        sdks: Sdks = NO_SDKS,
        machine: Machine | None = None,
    ) -> None:
        """*hide* is told the secret parts of the credentials as soon as they are known.

        *machine* is the time by which the silence of a lock's holder is measured.
        """
        self._machine = machine
        self.asking = True  # what is allowed, before a plan is consented to
        self._target = target
        self._hide = hide
        self._agent = agent
        self.clock: Clock = clock
        self.calls = CallLog()
        self._sdks = sdks
        self._lock_k8s: K8s | None = None
        self._lease: ClusterLease | None = None
        self.within(Limits())

    def within(self, limits: Limits) -> RealConnection:
        """Itself, with other bounds for its calls; before the first of them."""
        target, agent, clock, noted = self._target, self._agent, self.clock, self.calls.note
        self._aws = Aws(
            target, agent=agent, clock=clock, on_call=noted, limits=limits, sdk=self._sdks.aws
        )
        self._k8s = K8s(
            target, agent=agent, clock=clock, on_call=noted, limits=limits, sdk=self._sdks.k8s
        )
        snapshot = Snapshot(self._aws, self._k8s)
        self._snapshot = snapshot
        self.facts: Facts = snapshot
        self.clients = World(aws=self._aws, k8s=self._k8s, facts=snapshot)
        return self

    def reaching(self, outside: Outside) -> RealConnection:
        """Itself, with what actions may reach besides the target."""
        self.clients = replace(self.clients, outside=outside)
        return self

    def identify(self) -> Identity:
        """Both providers at the same time; one that does not answer is named, not raised."""
        return self._identified(TemporaryError)

    def glimpse(self) -> Identity:
        """As ``identify``, and one that does not know us is named, too."""
        return self._identified(SopError)

    def _identified(self, forgiven: type[SopError]) -> Identity:
        with ThreadPoolExecutor(max_workers=2) as pool:
            aws = pool.submit(self._aws.identity, first=True)
            k8s = pool.submit(self._k8s.identity, first=True)
        silent = []
        account = caller = uid = server = user = ""
        try:
            account, caller = aws.result()
        except forgiven as error:
            silent.append(f"AWS: {error.summary}")
        try:
            uid, server, user = k8s.result()
        except forgiven as error:
            silent.append(f"Kubernetes: {error.summary}")
        if account:
            self._hide(*self._aws.secrets())
        return Identity(
            account=account,
            caller=caller,
            region=self._aws.region,
            cluster_uid=uid,
            server=server,
            user=user,
            unreachable=tuple(silent),
        )

    def context(self) -> str:
        return str(self._k8s.entries[0].get("name") or "")

    def zone(self, wanted: str) -> tuple[str, str]:
        found = self._snapshot.zone(wanted)
        return found.name, found.id

    def lock(self, worker: str, warn: Callable[[str], None], *, force: bool) -> TargetLock | None:
        """The Lease in the cluster, through a client of its own that gives up early."""
        if self._target.lock == "off":
            return None
        if self._lock_k8s is None:
            self._lock_k8s = K8s(
                self._target,
                agent=self._agent,
                clock=self.clock,
                on_call=self.calls.note,
                limits=LOCK_LIMITS,
                sdk=self._sdks.k8s,
            )
        policy = LeasePolicy(required=self._target.lock == "required", force=force)
        self._lease = ClusterLease(
            self._lock_k8s,
            worker,
            policy=policy,
            clock=self.clock,
            warn=warn,
            machine=self._machine,
        )
        return self._lease

    def preflight(self, needs: Sequence[Need], identity: Identity) -> Preflight | None:
        """Begin to ask both providers, each if it answered who we are."""
        return Preflight(self.clients, needs, identity) if self.asking else None

    def one_look(self) -> AbstractContextManager[None]:
        """Lists of Kubernetes are what is large and asked for by many; see ``K8s.one_look``."""
        return self._k8s.one_look()

    def blame(self, ids: Sequence[ResourceId]) -> Mapping[ResourceId, str]:
        """What the objects and the tags of groups say; see ``app.blame``."""
        return blame(self.clients, ids)

    def close(self) -> None:
        if self._lease is not None:
            self._lease.close()
        for client in (self._aws, self._k8s, self._lock_k8s):
            if client is not None:
                client.close()


def described(target: Target, found: Identity, context: str, zones: Json) -> dict[str, Json]:
    """The target and who answered there, as plans, journals and views show it."""
    return {
        "name": target.name,
        "labels": dict(target.labels),
        "account": found.account or target.account,
        "region": found.region or target.region,
        "cluster_uid": found.cluster_uid or target.cluster_uid,
        "server": found.server,
        "context": target.context or context,
        "profile": target.profile,
        "caller": found.caller,
        "zones": zones,
    }


def refuse_wrong(target: Target, identity: Identity) -> None:
    """Raise WrongTargetError unless who answered is who the target pins."""
    if identity.account and target.account and identity.account != target.account:
        raise WrongTargetError(
            f"target {target.name} is AWS account {target.account}, "
            f"but the credentials are of {identity.account} ({identity.caller})",
            hint="Choose the right profile, or pin the target again with `sopctl target add`.",
        )
    if identity.cluster_uid and target.cluster_uid and identity.cluster_uid != target.cluster_uid:
        raise WrongTargetError(
            f"target {target.name} is cluster {target.cluster_uid}, "
            f"but {identity.server} is {identity.cluster_uid}",
            hint="Choose the right context, or pin the target again with `sopctl target add`.",
        )


_OTHERS = "Give --target: sandbox is the local practice world, `sopctl target list` the rest."


def unnamed(name: str, error: RefusedError) -> RefusedError:
    """*error*, and of a target that was never named also that, and which there are."""
    if name != CURRENT:
        return error
    summary = f"no target was named, and the current one cannot be used: {error.summary}"
    return RefusedError(summary, hint=_OTHERS)


def asked_who(name: str, connection: Connection) -> Identity:
    """Who answers on the target called *name*; raises what ``identify`` and ``unnamed`` say."""
    try:
        return connection.identify()
    except RefusedError as error:
        raise unnamed(name, error) from error


def silent(name: str, found: Identity) -> UnreachableError:
    """Nobody answers: of a target that was never named, also what it is and which there are."""
    whose, hint = f"target {name} does", "Check the network and `sopctl target check`."
    if name == CURRENT:
        whose = "no target was named, and the current kubeconfig context and AWS environment do"
        hint = _OTHERS
    return UnreachableError(f"{whose} not answer: {'; '.join(found.unreachable)}", hint=hint)
