"""The application: put together when something is asked of it; tests replace its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sopctl import __version__
from sopctl.app.library import Library
from sopctl.app.settings import Settings, from_environment
from sopctl.app.targets import CURRENT, SANDBOX, Targets, current
from sopctl.core.errors import SopError, UsageError
from sopctl.core.target import Target

if TYPE_CHECKING:
    from sopctl.app.connection import Connection
    from sopctl.app.desk import Desk
    from sopctl.app.overviews.looking import Onlooker
    from sopctl.app.place import Catalogs, Watcher
    from sopctl.core.plan import Plan
    from sopctl.engine.state import RunState
    from sopctl.facts.outside import Outside
    from sopctl.journal.redact import Scrubber
    from sopctl.journal.sqlite import SqliteStore
    from sopctl.providers.notices import Notices
    from sopctl.providers.secrets import Secrets
    from sopctl.runbook.lint import Known


# Shorter ones are words: taking them out would take names and states out of the journal too.
_LONG_ENOUGH = 16
_SECRET = ("SECRET", "TOKEN", "PASSWORD", "PASSWD", "API_KEY", "PRIVATE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What differs between the tool and its tests; empty is the real thing."""

    connect: Callable[[Target, str], Connection] | None = None  # (target, user agent)
    catalogs: Callable[[], Catalogs] | None = None
    targets: Mapping[str, Target] | None = None
    store: SqliteStore | None = None  # or what keeps its contract; it is not closed


class App:
    """Everything, made on first use. Close it."""

    def __init__(self, settings: Settings | None = None, parts: Parts | None = None) -> None:
        self.settings = settings or from_environment()
        self._parts = parts or Parts()
        self._store: SqliteStore | None = None
        self._reader: SqliteStore | None = None
        self.broken: dict[str, str] = {}  # by name: why what a package adds could not be loaded

    @cached_property
    def targets(self) -> Targets:
        return Targets(self.settings.targets_file)

    @cached_property
    def library(self) -> Library:
        return Library([self.settings.runbooks], self._known)

    def _known(self) -> Known:
        """What runbooks may use."""
        from sopctl.facts.snapshot import SHAPES  # noqa: PLC0415  # the actions need it anyway
        from sopctl.runbook.lint import Known  # noqa: PLC0415  # pydantic takes 0.2 s

        found = self.catalogs()
        return Known(actions=found.actions, checks=found.checks, facts=SHAPES)

    @cached_property
    def scrubber(self) -> Scrubber:
        """Keeps secrets out of the journal: what the environment names so, and credentials."""
        from sopctl.journal.redact import Scrubber  # noqa: PLC0415  # only when needed

        scrubber = Scrubber()
        named = (k for k in self.settings.environ if any(w in k.upper() for w in _SECRET))
        scrubber.register(*filter(_guarded, (self.settings.environ[key] for key in named)))
        return scrubber

    def _hide(self, *secrets: str) -> None:
        self.scrubber.register(*filter(_guarded, secrets))

    @property
    def store(self) -> SqliteStore:
        """The journals of this machine; raises AuditUnavailableError."""
        if self._parts.store is not None:
            return self._parts.store
        if self._store is None:
            from sopctl.journal.sqlite import SqliteStore  # noqa: PLC0415  # only when needed

            path = self.settings.state / "journal.db"
            self._store = SqliteStore(path, scrubber=self.scrubber)
        return self._store

    def reader(self) -> SqliteStore:
        """The same journals through a store that cannot write, for `audit verify`."""
        from sopctl.journal.sqlite import SqliteStore  # noqa: PLC0415  # as above

        path = self.settings.state / "journal.db"
        if self._reader is None and path.exists():
            self._reader = SqliteStore(path, read_only=True)
        return self._reader or self.store

    def catalogs(self) -> Catalogs:
        if self._parts.catalogs is not None:
            return self._parts.catalogs()
        from sopctl.actions import catalog as actions  # noqa: PLC0415  # every room is imported
        from sopctl.app import guarded  # noqa: PLC0415  # the actions need it
        from sopctl.app.place import Catalogs  # noqa: PLC0415  # the engine
        from sopctl.checks import catalog as checks  # noqa: PLC0415  # as above

        found, asked = actions.with_strangers(self.broken), checks.with_strangers(self.broken)
        return Catalogs(actions=guarded.actions(found), checks=guarded.checks(asked))

    def target(self, name: str = "") -> Target:
        """The target *name*; none: the only configured one, else what is current.

        The sandbox is started if it does not run. Raises UsageError.
        """
        known = self._parts.targets
        if known is not None and name in known:
            return known[name]
        if name == SANDBOX:
            return self._sandbox()
        if name and name != CURRENT:
            return self.targets.find(name)
        configured = self.targets.all()
        if not name and len(configured) == 1:
            return next(iter(configured.values()))
        if not name and configured:
            names = ", ".join([*configured, SANDBOX])
            raise UsageError("no target is named", hint=f"Give --target with one of {names}.")
        return current(self.settings.environ)

    def known(self, name: str) -> str:
        """*name*, if it is a target or the journals have one of it; raises UsageError.

        So that a mistyped name is not answered by "nothing is in place".
        """
        runs = {head.target for head in self.store.runs()} if name else set()
        if name not in ("", SANDBOX, CURRENT, *runs, *(self._parts.targets or ())):
            self.targets.find(name)
        return name

    def _sandbox(self) -> Target:
        """The built-in target; a world that is started anew knows nothing of earlier runs."""
        from sopctl.app import sandbox, worlds  # noqa: PLC0415  # starts a world

        new = not sandbox.runs(self.settings)
        found = sandbox.sandbox_target(self.settings)
        if new:
            worlds.ended(self.store, "the sandbox was started anew")
        return found

    def desk(self, target: Target, watcher: Watcher, *, run: str = "") -> Desk:
        """A place to work on *target*; *run* is named in the user agent of every call."""
        from sopctl.app import policy  # noqa: PLC0415  # reads YAML
        from sopctl.app.desk import Desk  # noqa: PLC0415  # the engine
        from sopctl.app.place import Place  # noqa: PLC0415  # the engine

        agent = f"sopctl/{__version__}" + (f" run/{run}" if run else "")
        connect = self._parts.connect or self._connect
        told = policy.announcing(self._policy)
        place = Place(
            target=target,
            connection=connect(target, agent),
            store=self.store,
            catalogs=self.catalogs(),
            policy=policy.load(self._policy),
            herald=self._notices(target, told.people, told.tell.get("step", ())),
        )
        if not any(event != "step" for event in told.tell):
            return Desk(place, watcher)
        from sopctl.app.crier import Crier  # noqa: PLC0415  # only if somebody is told

        crier = Crier(watcher, place.herald, told.tell, self.store)
        return Desk(replace(place, leave=crier.close), crier)

    @property
    def _policy(self) -> Path:
        return self.settings.config / "policy.yaml"

    def _notices(
        self, target: Target, people: Mapping[str, tuple[str, ...]], always: tuple[str, ...]
    ) -> Notices:
        """How people are told; in a practice world nobody but this machine is."""
        from sopctl.providers.notices import Notices  # noqa: PLC0415  # only when needed

        return Notices(
            people=people,
            always=always,
            practice=target.practice,
            secrets=self.secrets,
            scrub=self.scrubber.text,
        )

    def onlooker(self, target: Target) -> Onlooker:
        """Whoever looks at *target* again and again: reads only, and gives up early."""
        from sopctl.app.clocks import clock_of  # noqa: PLC0415  # HTTP, only for targets with a clock
        from sopctl.app.connection import RealConnection  # noqa: PLC0415  # the providers
        from sopctl.app.overviews.looking import LIMITS, Onlooker  # noqa: PLC0415  # the engine
        from sopctl.core.clock import SystemClock  # noqa: PLC0415  # as above

        agent = f"sopctl/{__version__}"
        if self._parts.connect is not None:
            connection = self._parts.connect(target, agent)
        else:
            made = RealConnection(target, SystemClock(), agent=agent, hide=self._hide)
            connection = made.within(LIMITS)
        return Onlooker(target, connection, lambda: self.store, lambda: clock_of(target))

    def _connect(self, target: Target, agent: str) -> Connection:
        from sopctl.app.clocks import clock_of  # noqa: PLC0415  # HTTP, only for targets with a clock
        from sopctl.app.connection import RealConnection  # noqa: PLC0415  # the providers

        made = RealConnection(target, clock_of(target), agent=agent, hide=self._hide)
        return made.reaching(self._outside(target))

    def _outside(self, target: Target) -> Outside:
        """What actions reach besides the target: checks, and the programs of the policy."""
        from sopctl.app import policy  # noqa: PLC0415  # reads YAML
        from sopctl.facts.outside import Outside  # noqa: PLC0415  # the providers
        from sopctl.providers.commands import Commands  # noqa: PLC0415  # as above
        from sopctl.providers.http import Http  # noqa: PLC0415  # as above

        allowed = policy.commands(self._policy)
        return Outside(
            checks=self.catalogs().checks,
            commands=Commands(allowed=allowed, target=target, secrets=self.secrets),
            http=Http(practice=target.practice, secrets=self.secrets),
        )

    @property
    def secrets(self) -> Secrets:
        """Secrets by reference; whatever is read is hidden from every journal."""
        from sopctl.providers.secrets import Secrets  # noqa: PLC0415  # only when needed

        return Secrets(environ=self.settings.environ, hide=self.scrubber.register)

    def now_of(self, state: RunState) -> datetime:
        """The time where *state* runs; when its last record was made, if nobody can tell."""
        from sopctl.app.clocks import clock_of  # noqa: PLC0415  # not for `--help`

        assert state.plan is not None
        name = str(state.plan.target["name"])
        try:
            return clock_of(self._without_starting(name)).now()
        except SopError:
            assert state.last is not None
            return state.last

    def _without_starting(self, name: str) -> Target:
        if name == SANDBOX and name not in (self._parts.targets or {}):
            from sopctl.app.sandbox import running_target  # noqa: PLC0415  # the sandbox

            return running_target(self.settings)
        return self.target(name)

    def remember_zones(self, plan: Plan) -> None:
        """Keep the zones of *plan* for the shell's completion; best effort."""
        from sopctl.app import seen  # noqa: PLC0415  # not for `--help`

        seen.remember(self.settings.state, plan)

    def seen_zones(self) -> list[tuple[str, str]]:
        from sopctl.app import seen  # noqa: PLC0415  # as above

        return seen.zones(self.settings.state)

    def close(self) -> None:
        for store in (self._store, self._reader):
            if store is not None:
                store.close()


def _guarded(secret: str) -> bool:
    return len(secret) >= _LONG_ENOUGH


def new_run() -> str:
    """A fresh run id: sorts by time, and no two are equal."""
    from ulid import ULID  # noqa: PLC0415  # 20 ms

    return str(ULID())
