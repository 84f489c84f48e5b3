"""Looking at one target, again and again; what does not answer is said, and the rest is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime
from threading import Thread
from types import TracebackType
from typing import Any, Final, Self

from sopctl.app.connection import Connection, described, refuse_wrong, silent
from sopctl.app.overviews import folding, gaps, holding, shifted
from sopctl.app.overviews.folding import Seen
from sopctl.app.overviews.gaps import Missing
from sopctl.app.overviews.marked import marked
from sopctl.app.overviews.waiting import waiting
from sopctl.core.clock import Clock, stamp
from sopctl.core.errors import SopError
from sopctl.core.journal import Store
from sopctl.core.overview import Held, Overview
from sopctl.core.target import Identity, Target
from sopctl.engine.state import RunState
from sopctl.facts import pools
from sopctl.facts.snapshot import Snapshot
from sopctl.providers.limits import Limits

LIMITS: Final = Limits(connect=2.0, read=6.0, attempts=2, deadline=8.0)
"""A picture that comes late is no use: whoever does not answer by then is missing from it."""

_BOTH = 2  # providers
JOURNAL: Final = "what sopctl holds"


class Onlooker:
    """Whoever looks at *target*: reads only. Close it, or use it as a context manager.

    *store* opens the journals, *clock* asks for the target's time; both are asked at every look.
    """

    def __init__(
        self,
        target: Target,
        connection: Connection,
        store: Callable[[], Store],
        clock: Callable[[], Clock],
    ) -> None:
        self._target = target
        self._connection = connection
        self._store = store
        self._ask_clock = clock
        self._clock: Clock | None = None
        self._identity: Identity | None = None
        self._cluster = ""  # its name, once it was learned from Kubernetes
        self._states: dict[str, RunState] = {}
        self._last: dict[str, tuple[str, Any]] = {}  # by subject: when it was read, and what

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Wait for nobody: whoever stops looking must not wait for a provider that is silent."""
        self._connection.close()

    def look(self) -> Overview:
        """The cluster now; UnreachableError if nobody answers at the first look.

        Raises WrongTargetError if somebody else answers than the target pins.
        """
        identity, moment = self._identify(), self._now()
        missing: list[Missing] = []
        found = self._all(stamp(moment), missing)
        seen = Seen(
            nodes=found.get("nodes"),
            pods=found.get("pods"),
            groups=found.get("groups"),
            autoscalers=found.get("autoscaler"),
            pools=found.get("NodePools"),
            zones=found.get("zones"),
        )
        nodes, held = folding.nodes_now(seen), self._held(moment, missing)
        return Overview(
            target=described(self._target, identity, self._connection.context(), []),
            at=stamp(moment),
            zones=folding.zones_now(seen),
            groups=folding.groups_now(seen, nodes),
            nodes=nodes,
            waiting=waiting(seen.pods or ()),
            away=shifted.away(found.get("zonal shifts") or (), moment),
            held=held,
            marked=marked(seen, [each.run for each in held]),
            gaps=gaps.folded(missing),
        )

    def _now(self) -> datetime:
        """The target's time; while its clock is silent, as it went when it was last asked."""
        try:
            self._clock = self._ask_clock()
        except SopError:
            if self._clock is None:
                raise
        return self._clock.now()

    def _identify(self) -> Identity:
        """Who answers; asked again at the next look while one of both is silent."""
        known = self._identity
        if known is not None and not known.unreachable:
            return known
        found = self._connection.glimpse()
        refuse_wrong(self._target, found)
        if known is not None and len(found.unreachable) >= len(known.unreachable):
            return known
        if len(found.unreachable) == _BOTH:
            raise silent(self._target.name, found)
        self._identity = found
        return found

    # What is read under each name has the type of its subject, which ``look`` gives back to it.
    def _asks(self, facts: Snapshot) -> Mapping[str, Callable[[], Any]]:
        world = self._connection.clients
        return {
            "nodes": facts.nodes,
            "pods": facts.pods,
            "autoscaler": facts.autoscalers,
            "NodePools": lambda: pools.to_show(world.k8s, facts.nodes()),
            "groups": facts.groups,
            "zones": facts.zones,
            "zonal shifts": lambda: shifted.of_cluster(world.aws, facts),
        }

    def _all(self, at: str, missing: list[Missing]) -> dict[str, Any]:
        """Every subject that answers, or answered once; all are asked at the same time."""
        world = self._connection.clients
        facts = Snapshot(world.aws, world.k8s, cached=True, cluster=self._cluster)
        asked = {name: _begun(ask) for name, ask in self._asks(facts).items()}
        found: dict[str, Any] = {}
        for name, answer in asked.items():
            try:
                self._last[name] = (at, answer.result())
            except SopError as error:
                since = self._last[name][0] if name in self._last else ""
                missing.append(Missing(name, error, since))
            if name in self._last:
                found[name] = self._last[name][1]
        self._cluster = self._cluster or _name(facts)
        return found

    def _held(self, now: datetime, missing: list[Missing]) -> tuple[Held, ...]:
        """From the journal of this machine, which is no part of the target."""
        try:
            return holding.held(self._store(), self._target.name, now, self._states)
        except SopError as error:
            missing.append(Missing(JOURNAL, error))
            return ()


def _begun(ask: Callable[[], Any]) -> Future[Any]:
    """*ask* in a thread that the end of the process does not wait for, unlike those of a pool."""
    answer: Future[Any] = Future()

    def work() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:  # noqa: BLE001  # it is raised where the answer is asked for
            answer.set_exception(error)

    Thread(target=work, name="look", daemon=True).start()
    return answer


def _name(facts: Snapshot) -> str:
    """Read already by now; it finds the groups while Kubernetes is silent."""
    try:
        return facts.cluster_name()
    except SopError:
        return ""
