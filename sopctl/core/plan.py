"""A plan: what would change, resource by resource, bound to what was seen.

A plan is data. It is what a person consents to, what the journal keeps, and what a leg applies.
States stand in it as JSON; ``None`` is ABSENT (every state is a mapping).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sopctl.core.action import Mark, Undo
from sopctl.core.codec import Json, digest, encode
from sopctl.core.resource import ResourceId
from sopctl.core.runbook import Approve, Guardrail, OnEmpty, OnFailure, StepKind
from sopctl.core.side_effect import SideEffect


class Fidelity(StrEnum):
    """How far a plan line can be believed."""

    EXACT = "exact"  # read and checked against the API
    PREDICTED = "predicted"  # read, and computed over the results of earlier steps
    DEPENDS = "depends"  # selected again when the step starts
    OPAQUE = "opaque"  # the action cannot say
    UNPLANNED = "unplanned"  # its provider cannot be reached


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    resource: ResourceId
    before: Json
    after: Json
    evidence: Mapping[str, Json] = field(default_factory=dict)
    mark: str = ""  # "key=value" that is set first, if the action marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A resource that is already as desired because another open run made it so."""

    resource: ResourceId
    run: str
    before: Json  # what that run found: the last holder restores it
    settled: Json


class Allowed(StrEnum):
    """Whether something may be done, as far as its provider tells beforehand."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One permission (a text of ``core.permission``), and the steps that need it.

    *why* is said of what is not allowed.
    """

    right: str
    steps: tuple[str, ...]
    verdict: Allowed
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A step with everything decided that can be decided before the first change."""

    id: str
    kind: StepKind
    uses: str
    why: str = ""
    params: Json = None
    fidelity: Fidelity = Fidelity.EXACT
    unplanned: str = ""  # why it could not be planned
    skipped: str = ""  # why it will not run (`when` is false)
    when: str = ""
    late_when: bool = False  # `when` looks at outcomes: decided when the step starts
    changes: tuple[PlannedChange, ...] = ()
    unchanged: tuple[ResourceId, ...] = ()
    joined: tuple[Joined, ...] = ()
    population: int = 0
    notes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()  # steps whose effect this one waits for
    barrier: bool = False  # waits for all outstanding effects
    on_failure: OnFailure = OnFailure.STOP
    empty: OnEmpty = OnEmpty.WARN
    undo: Undo = Undo.EXACT
    effect: str = ""  # what is watched afterwards
    consent: str = ""  # why this step needs a person's consent of its own
    approve: Approve | None = None
    late: bool = False
    bound: int = 0
    keep: bool = False
    wait: float = 0.0
    back: bool = False  # restores a recorded step: compared three ways
    source_step: str = ""  # back: the step of the source run
    marks: tuple[Mark, ...] = ()  # back: the marks to take off when all is restored
    left: tuple[ResourceId, ...] = ()  # back: given up, because other open runs hold them too
    side_effects: tuple[SideEffect, ...] = ()
    undoes: str = ""  # back: what stays behind all the same, in a sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that will be done, in order."""

    runbook: str
    title: str
    digest: str  # of the runbook's source
    params: Mapping[str, Json]
    target: Mapping[str, Json]
    steps: tuple[PlannedStep, ...]
    facts: Mapping[str, Json] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = ()  # empty: nobody was asked
    made_at: str = ""
    revert_within: float = 0.0
    source_run: str = ""  # a roll back: the run it takes back
    guardrails: Mapping[str, Guardrail] = field(default_factory=dict)  # by kind, for late steps

    @property
    def changes(self) -> int:
        return sum(len(step.changes) for step in self.steps)

    def blocked(self) -> Mapping[str, tuple[str, ...]]:
        """What is denied, and the steps that will act and cannot without it."""
        skipped = {step.id for step in self.steps if step.skipped}
        denied = (each for each in self.permissions if each.verdict is Allowed.DENIED)
        found = {e.right: tuple(step for step in e.steps if step not in skipped) for e in denied}
        return {right: steps for right, steps in found.items() if steps}

    @property
    def empty(self) -> bool:
        """Nothing to do: no change now, and no step that could find one later."""
        return not any(s.changes or s.joined or s.left or _open_later(s) for s in self.steps)

    @property
    def hash(self) -> str:
        """What a person's consent is bound to."""
        return digest(encode(self))


def _open_later(step: PlannedStep) -> bool:
    return not step.skipped and (bool(step.unplanned) or step.late)
