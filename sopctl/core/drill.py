"""The record of a drill: what was rehearsed where, when what was done, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sopctl.core.codec import Json
from sopctl.core.measures import Series

SCHEMA: Final = "sopctl.drill/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """When the engineer did what, in seconds after the timeline began.

    ``first_change`` is when the first change was acknowledged, ``mitigated`` when the last was;
    ``at_gates`` is how long the run waited for answers.
    """

    began: float | None = None
    first_change: float | None = None
    mitigated: float | None = None
    ended: float | None = None
    at_gates: float = 0.0
    rolled_back: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that was done to the world in a hands-on drill, as its API halves saw it."""

    at: float
    what: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """The record of a drill.

    ``outcome`` is how the run ended, ``back`` how the roll back did; ``differences`` is what was
    not as before at the end, which has to be nothing. ``base`` is the same timeline without the
    SOP.
    """

    schema: str = SCHEMA
    id: str
    runbook: str
    digest: str
    scenario: str
    params: Mapping[str, Json]
    mode: str
    held: str
    version: str
    took: float
    outcome: str
    back: str
    runs: tuple[str, ...] = ()
    timings: Timings = field(default_factory=Timings)
    differences: tuple[str, ...] = ()
    sop: Series = field(default_factory=Series)
    base: Series | None = None
    deeds: tuple[Deed, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything that was started ended well and came back."""
        return self.outcome == "done" and self.back == "done" and not self.differences
