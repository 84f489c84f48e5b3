"""What the engine needs from outside, as protocols; the composition root fills them in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Protocol

from sopctl.core.action import AnyAction
from sopctl.core.check import AnyCheck
from sopctl.core.clock import Clock, boot_seconds
from sopctl.core.codec import Json
from sopctl.core.journal import Record, Store
from sopctl.core.notice import Notice, Told
from sopctl.core.resource import ResourceId


class Language(Protocol):
    """Expressions, as far as the engine has to know them. An error raises; it is never false."""

    def when(self, source: str, env: Mapping[str, Json]) -> bool:
        """The verdict of a `when:`."""
        ...

    def data(self, value: Json, env: Mapping[str, Json]) -> Json:
        """*value* with every ``${{ }}`` resolved, once."""
        ...

    def references(self, value: Json) -> frozenset[str]:
        """What the expressions in *value* look at, such as ``facts.autoscaler``."""
        ...

    def params(self, kind: type[Any], value: Json) -> Any:  # noqa: ANN401  # the action's own type
        """*value* as the parameters of an action or a check."""
        ...


class Facts(Protocol):
    """The snapshot of the target, for expressions."""

    def read(self, name: str) -> Json:
        """One subject as JSON; raises UnreachableError naming its provider."""
        ...


class TargetLock(Protocol):
    """The lock that lies in the target itself, seen by people with other journals."""

    def acquire(self, run: str) -> str:
        """Take it; the answer is empty, or who has it."""
        ...

    def renew(self, run: str) -> None: ...

    def release(self, run: str) -> None: ...


class Herald(Protocol):
    """Tells people what a run has to say to them; nothing that it meets is an error of the run."""

    def doubts(self, notice: Notice) -> tuple[str, ...]:
        """Why somebody could not be told, as far as that can be known before; tells nobody."""
        ...

    def tell(self, notice: Notice, body: str, guard: Callable[[], None]) -> tuple[Told, ...]:
        """Send *body* once to each, within a bounded time; *guard* is asked right before."""
        ...


class Nobody:
    """There is nobody to be told."""

    def doubts(self, _notice: Notice) -> tuple[str, ...]:
        return ()

    def tell(self, _notice: Notice, _body: str, _guard: Callable[[], None]) -> tuple[Told, ...]:
        return ()


def _nothing(*_: object) -> None:
    return None


def _nobody(_: Sequence[ResourceId]) -> Mapping[ResourceId, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """Everything a leg works with.

    *clients* is handed to actions unseen. *fence_wait* is in seconds of the target's clock.
    *outage* is for how many of them a read that cannot be answered just now is asked again.
    *point* is called at every place where a crash or a pause could matter; tests hang on to it.
    *seconds* is the clock of leases on this machine. *protections* is never narrowed but by the
    tests that show, one by one, what each is for. *blame* names who wrote resources last besides
    us, as far as they tell; reads only.
    """

    store: Store
    clock: Clock
    clients: Any
    actions: Mapping[str, AnyAction]
    checks: Mapping[str, AnyCheck]
    language: Language
    facts: Facts
    pool: Executor
    worker: str
    fence_wait: float = 315.0
    outage: float = 60.0
    ttl: float = 30.0
    lock: TargetLock | None = None
    herald: Herald = field(default_factory=Nobody)
    seconds: Callable[[], float] = boot_seconds
    point: Callable[[str], None] = _nothing
    on_records: Callable[[Sequence[Record]], None] = field(default=_nothing)
    on_wait: Callable[[str], None] = field(default=_nothing)
    blame: Callable[[Sequence[ResourceId]], Mapping[ResourceId, str]] = field(default=_nobody)
    stopping: Callable[[], bool] = field(default=lambda: False)
    protections: frozenset[str] = frozenset({"fence", "guard", "observe_first", "compare", "once"})
