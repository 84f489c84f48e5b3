"""A runbook as the engine knows it: what the language in ``sopctl.runbook`` loads into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sopctl.core.codec import Json


class ParameterType(StrEnum):
    STRING = "string"
    INT = "int"
    BOOL = "bool"
    ENUM = "enum"
    DURATION = "duration"  # such as 90s, 10m, 12h; seconds as a number in expressions
    ZONE = "zone"  # a zone name or a zone id
    ID = "id"  # a string whatever YAML thinks of it, checked against a pattern
    LIST = "list"  # of strings


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    name: str
    type: ParameterType
    required: bool = False
    default: Json = None
    help: str = ""
    choices: tuple[str, ...] = ()
    pattern: str = ""


class StepKind(StrEnum):
    ACTION = "action"
    CHECK = "check"
    GATE = "gate"
    NOTIFY = "notify"


class OnFailure(StrEnum):
    STOP = "stop"
    CONTINUE = "continue"
    UNDO = "undo"


class OnEmpty(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class ApproveBy(StrEnum):
    SELF = "self"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """A person has to agree before the step starts."""

    by: ApproveBy = ApproveBy.SELF
    reason: bool = False  # a reason has to be given


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. *uses* is the action, the check, or the gate's prompt, by *kind*.

    *needs* None is the default of the action: a disruptive step waits for every outstanding
    effect, others for none. *wait* (seconds) is how long a check may take to hold.
    """

    id: str
    kind: StepKind
    uses: str
    why: str = ""
    params: Mapping[str, Json] = field(default_factory=dict)
    when: str = ""
    needs: tuple[str, ...] | None = None
    on_failure: OnFailure = OnFailure.STOP
    empty: OnEmpty = OnEmpty.WARN
    approve: Approve | None = None
    late: bool = False
    bound: int = 0  # late: the most objects the step may touch; 0 is the guardrail's count
    keep: bool = False  # late: `sopctl watch` applies it to newly appearing resources
    wait: float = 0.0


class ReturnKind(StrEnum):
    RESTORE = "restore"
    CHECK = "check"
    GATE = "gate"
    USES = "uses"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnEntry:
    """One stage of the way back. *canary* restores that many objects first, then the rest."""

    kind: ReturnKind
    restore: tuple[str, ...] = ()
    canary: int = 0
    step: Step | None = None  # for check, gate and uses


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail:
    """The most objects of a kind that a plan may touch; both limits hold."""

    count: int
    percent: int


DEFAULT_GUARDRAIL = Guardrail(count=10, percent=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runbook:
    """What to do. *source* is the exact text that was loaded; *digest* its SHA-256."""

    name: str
    title: str
    owner: str = ""
    reviewed: str = ""
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    guardrails: Mapping[str, Guardrail] = field(default_factory=dict)
    revert_within: float = 0.0  # seconds; 0 is no deadline
    before: tuple[Step, ...] = ()
    steps: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()
    way_back: tuple[ReturnEntry, ...] = ()  # empty: everything, newest first
    source: str = ""
    digest: str = ""
    path: str = ""
