"""Where a desk stands, what is wished of it, and who wants to see what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sopctl.app import policy
from sopctl.app.connection import Connection
from sopctl.core.action import AnyAction
from sopctl.core.check import AnyCheck
from sopctl.core.codec import Json
from sopctl.core.journal import Record, Store
from sopctl.core.runbook import Runbook
from sopctl.core.target import Target
from sopctl.engine.ports import Herald, Nobody


class Watcher(Protocol):
    """Whoever wants to see a run as it happens."""

    def records(self, records: Sequence[Record]) -> None: ...
    def waiting(self, why: str) -> None: ...
    def warn(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogs:
    """All actions and checks by id."""

    actions: Mapping[str, AnyAction]
    checks: Mapping[str, AnyCheck]


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a desk stands: the target, how it is reached, and the journals of this machine."""

    target: Target
    connection: Connection
    store: Store
    catalogs: Catalogs
    policy: policy.Limits = field(default_factory=dict)
    herald: Herald = field(default_factory=Nobody)
    leave: Callable[[], None] = _nothing  # called last, when the desk is closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asks to be planned. *max_objects* only ever lowers the runbook's guardrails."""

    runbook: Runbook
    given: Mapping[str, Json]
    max_objects: int = 0
