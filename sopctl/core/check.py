"""What a check is: a question about the target that changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeAlias, TypeVar

ParamsT = TypeVar("ParamsT")


class Severity(StrEnum):
    """How much it matters in the next zone failure that a check does not hold."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Does it hold? *detail* is one sentence, either way; *rows* are for a table.

    *applies* false: there is nothing here that it is about, such as no autoscaler.
    """

    holds: bool
    detail: str
    rows: tuple[str, ...] = ()
    applies: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What makes a check one of readiness: *row* of the practice's table, *why*, and the *fix*.

    Such a check needs no parameters: their defaults are those of the practice.
    """

    row: str
    severity: Severity
    why: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[ParamsT]):
    """``look(clients, params)`` reads only and says whether the target is as it should be.

    *permissions* and *only_with* are as of an action.
    """

    id: str
    summary: str
    params: type[ParamsT]
    look: Callable[[Any, ParamsT], Verdict]
    permissions: tuple[str, ...] = ()
    only_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    readiness: Readiness | None = None


AnyCheck: TypeAlias = Check[Any]
