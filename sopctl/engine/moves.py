"""What a leg can do next; ``decide`` chooses, ``leg`` performs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sopctl.core.resource import ResourceId
from sopctl.engine.state import Outcome, RunEnd


@dataclass(frozen=True, slots=True)
class Begin:
    """Start a step."""

    work: str


@dataclass(frozen=True, slots=True)
class AskWhen:
    """Is what the plan decided about a step's `when` still so?"""

    work: str


@dataclass(frozen=True, slots=True)
class Select:
    """Select late: the step's resources are found now."""

    work: str


@dataclass(frozen=True, slots=True)
class SetMarks:
    work: str


@dataclass(frozen=True, slots=True)
class RemoveMarks:
    work: str


@dataclass(frozen=True, slots=True)
class Fence:
    """Make sure that no earlier call to these can land any more."""

    work: str
    resources: tuple[ResourceId, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """Look at these resources, and write those that the rules say."""

    work: str
    resources: tuple[ResourceId, ...]


@dataclass(frozen=True, slots=True)
class AskCheck:
    work: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell people, unless they may have been told already."""

    work: str


@dataclass(frozen=True, slots=True)
class Close:
    """End a step."""

    work: str
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be done before *until*; background reads go on."""

    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Park:
    """Nothing can be done without a person: give everything back and end the leg."""

    why: str  # gate | decision | effect
    detail: str
    work: str = ""


@dataclass(frozen=True, slots=True)
class TurnBack:
    """Undo everything: the runbook says so for the step that failed (drills and CI)."""

    why: str


@dataclass(frozen=True, slots=True)
class Finish:
    outcome: RunEnd


Move: TypeAlias = (
    Begin
    | AskWhen
    | Select
    | SetMarks
    | RemoveMarks
    | Fence
    | Window
    | AskCheck
    | Tell
    | Close
    | Wait
    | Park
    | TurnBack
    | Finish
)
