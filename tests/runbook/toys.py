"""A catalog of toys to lint against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sopctl.core.action import Action, Undo
from sopctl.core.check import Check, Verdict
from sopctl.core.resource import Selection
from sopctl.runbook.lint import Known


class Mode(StrEnum):
    SOFT = "soft"
    HARD = "hard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    zone: str = ""
    spot: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeParams:
    zone: str
    select: Select = field(default_factory=Select)
    keys: tuple[str, ...] = ()
    labels: Mapping[str, str] | None = None
    mode: Mode = Mode.SOFT
    percent: float = 0.0
    count: int = 1
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoParams:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class FussyParams:
    low: int = 0
    high: int = 1

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    on: bool


def action(id_, params=NoParams, undo=Undo.EXACT, kind="toy.lamp"):
    return Action(
        id=id_,
        summary="A toy",
        kind=kind,
        params=params,
        state=State,
        select=lambda _clients, _params: Selection((), 0),
        observe=lambda _clients, _params, _ids: {},
        desire=lambda _params, _id, observed: observed.state,
        converge=lambda _call, _clients, _changes: (),
        undo=undo,
    )


def check(id_, params=NoParams):
    return Check(
        id=id_,
        summary="A toy",
        params=params,
        look=lambda _clients, _params: Verdict(holds=True, detail="it is fine"),
    )


_ACTIONS = (
    action("toy.freeze", FreezeParams),
    action("toy.drain", undo=Undo.EXACT),
    action("toy.gone", undo=Undo.NONE),
    action("toy.fussy", FussyParams),
)

KNOWN = Known(
    actions={one.id: one for one in _ACTIONS},
    checks={"toy.ready": check("toy.ready")},
    facts={
        "autoscaler": {"discovery_keys": ["string"], "image": "string", "version": "string?"},
        "groups": [{"name": "string", "spot": "bool"}],
    },
)
