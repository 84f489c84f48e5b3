"""What a check is: a question about the target that changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

ParamsT = TypeVar("ParamsT")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Does it hold? *detail* is one sentence, either way; *rows* are for a table."""

    holds: bool
    detail: str
    rows: tuple[str, ...] = ()


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


AnyCheck: TypeAlias = Check[Any]
