"""The state of a run: what its journal says, folded. Only ``fold`` changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from sopctl.core.action import Mark, Undo
from sopctl.core.codec import Json
from sopctl.core.plan import Plan, PlannedStep
from sopctl.core.resource import ResourceId


class Phase(StrEnum):
    """Where one resource stands within a step."""

    TODO = "todo"
    SENT = "sent"  # intent is durable; whether the call left is not known
    UNKNOWN = "unknown"  # the reply was lost
    ACCEPTED = "accepted"  # the provider will do it
    APPLIED = "applied"  # the provider said yes; not yet read back
    SETTLED = "settled"  # read back, and as desired
    UNCHANGED = "unchanged"  # was already so
    STALE = "stale"  # the world moved: left alone
    FAILED = "failed"  # the provider said no, or the change did not follow
    CONFLICT = "conflict"  # way back: somebody else changed it since
    RESIDUE = "residue"  # way back: it is gone, nothing to restore
    KEPT = "kept"  # a person accepted it as it is


OPEN_PHASES = frozenset({Phase.TODO, Phase.SENT, Phase.UNKNOWN, Phase.ACCEPTED, Phase.APPLIED})
GOOD_PHASES = frozenset({Phase.SETTLED, Phase.UNCHANGED, Phase.RESIDUE, Phase.KEPT})


class Outcome(StrEnum):
    """How a step ended."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    HELD = "held"  # a check held
    ANSWERED = "answered"  # a gate was answered
    TOLD = "told"  # people were told
    NOT_TOLD = "not-told"  # not all of them, or it is not known; the run goes on
    STALE = "stale"
    FAILED = "failed"
    PENDING_RETRY = "pending-retry"
    CONFLICT = "conflict"
    DECLINED = "declined"


BAD_OUTCOMES = frozenset({Outcome.STALE, Outcome.FAILED, Outcome.CONFLICT, Outcome.DECLINED})


class RunEnd(StrEnum):
    """How a run ended."""

    DONE = "done"
    PARTIAL = "partial"  # done, but for steps that a person said to leave as they are
    UNDONE = "undone"
    UNDO_INCOMPLETE = "undo-incomplete"
    CANCELLED = "cancelled"
    LOST = "lost"  # its target is no more: there is nothing to take back


@dataclass(slots=True)
class Item:
    """One resource of one step, and everything that happened to it."""

    resource: ResourceId
    before: Json  # forward: what the plan saw; back: what we had made of it
    after: Json
    evidence: Mapping[str, Json] = field(default_factory=dict)
    phase: Phase = Phase.TODO
    settled: Json = None
    now: Json = None  # what was found, when it was not what was expected
    why: str = ""
    attempts: int = 0
    ours: bool = False  # an attempt may have had its effect
    unacked: dict[str, datetime] = field(default_factory=dict)  # op id -> sent
    changed_at: datetime | None = None
    landed: datetime | None = None  # back: when a write that nobody saw landed at the latest
    first_try: datetime | None = None  # of the refusals in a row, within one leg
    retry_at: datetime | None = None
    fenced: bool = False
    moved: bool = False  # somebody else changed it after the plan, to the same end: written over
    planned: Json = None  # moved: what the plan had seen
    replan: bool = False  # a person said: go on from what it was found to be
    renewing: bool = False  # it is as we made it, and must be written again to stay so

    @property
    def open(self) -> bool:
        return self.phase in OPEN_PHASES


@dataclass(slots=True)
class Watched:
    """A background read of a finished step: the second read, or the effect."""

    what: str
    since: datetime
    ok: bool | None = None
    seen: datetime | None = None  # when *ok* was decided
    detail: str = ""
    accepted: bool = False  # a person decided to go on although it is missing


@dataclass(slots=True)
class Work:
    """A step being carried out: a planned one, or the undoing of one."""

    key: str
    plan: PlannedStep
    items: dict[ResourceId, Item] = field(default_factory=dict)
    started: datetime | None = None
    ended: datetime | None = None
    outcome: Outcome | None = None
    why: str = ""
    selected: bool = True
    telling: bool = False  # people may have been told already
    marks: tuple[Mark, ...] = ()  # set by this work, or to be taken off by it
    marked: bool = False
    unmarked: bool = False
    watches: dict[str, Watched] = field(default_factory=dict)
    accepted: bool = False  # a person decided to go on in spite of the outcome
    superseded: bool = False  # undone, or no longer to be done
    bound_ok: bool = False
    runs: bool | None = None  # what its `when` says at its start; None: not asked yet
    detail: str = ""
    rows: tuple[str, ...] = ()

    @property
    def back(self) -> bool:
        return self.plan.back

    @property
    def verdict_moved(self) -> bool:
        """Its `when` does not say any more what it said when the run was planned."""
        return self.runs is not None and self.runs == bool(self.plan.skipped)

    def as_when_says(self) -> PlannedStep:
        """The step after its `when` as it is now, not as the plan had it."""
        if self.runs:
            return replace(self.plan, skipped="", unplanned="unplanned: its `when` was false then")
        return replace(self.plan, skipped=f"`when: {self.plan.when}` is false now")

    @property
    def open_items(self) -> list[Item]:
        return [item for item in self.items.values() if item.open]

    @property
    def touched(self) -> list[Item]:
        """Resources that are, or may be, different because of us."""
        return [item for item in self.items.values() if item.ours or item.unacked]


@dataclass(slots=True)
class RunState:
    """A run as its journal tells it."""

    run: str
    seq: int = -1
    plan: Plan | None = None
    header: Mapping[str, Json] = field(default_factory=dict)
    consent: Mapping[str, Json] | None = None
    works: list[Work] = field(default_factory=list)
    undoing: bool = False
    answers: dict[str, Mapping[str, Json]] = field(default_factory=dict)
    requests: dict[str, Mapping[str, Json]] = field(default_factory=dict)  # by nonce
    used: set[str] = field(default_factory=set)  # nonces of signed answers
    parked: Mapping[str, Json] | None = None
    end: RunEnd | None = None
    started: datetime | None = None
    last: datetime | None = None
    workers: tuple[str, ...] = ()

    def work(self, key: str) -> Work:
        return next(work for work in self.works if work.key == key)

    @property
    def in_place(self) -> list[tuple[Work, Item]]:
        """What this run changed, can take back and has not, oldest first."""
        undone = {
            (work.plan.source_step, item.resource)
            for work in self.works
            if work.back and not (self.plan and self.plan.source_run)
            for item in work.items.values()
            if item.phase in GOOD_PHASES
        }
        return [
            (work, item)
            for work in self.works
            if not work.back and work.plan.undo is Undo.EXACT
            for item in work.touched
            if (work.key, item.resource) not in undone
        ]
