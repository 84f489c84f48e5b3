"""Everything that can go wrong, as one tree; the exit codes are an API.

SopError (1)
├── UsageError (2)                  the command line is not usable as typed
├── InvalidRunbookError (3)         a runbook has problems; all of them are listed
├── RefusedError (4)                sopctl will not do this: target, policy, stale plan, no consent
│   ├── StalePlanError              the world moved since the plan was made
│   ├── GuardrailError              more resources than the guardrail allows, or none at all
│   ├── WrongTargetError            the identity behind an endpoint is not the pinned one
│   └── PermissionDeniedError       the provider says that we may not
├── ApprovalMissingError (5)        a gate needs an answer that was not given
├── OutcomeUnknownError (22)        a call may or may not have had its effect
├── LockedError (24)                another leg works on this run or this target
├── AuditUnavailableError (30)      the journal cannot be written, so nothing may be changed
├── AuditBrokenError (31)           a journal was edited, truncated or reordered
├── FencedError (24)                this process lost its lease; whatever it holds is void
└── ProviderError (21)              a provider answered no
    ├── NotFoundError               the object is not there
    ├── ConflictError               a precondition did not hold: look again, then decide
    └── TemporaryError (75)         nothing was executed; try again later
        ├── ThrottledError          too many calls
        └── UnreachableError        no answer from the provider at all
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process says to its caller; stable, documented, below 126."""

    DONE = 0
    BUG = 1
    USAGE = 2
    INVALID_RUNBOOK = 3
    REFUSED = 4
    APPROVAL_MISSING = 5
    PLAN_HAS_CHANGES = 10
    FAILED_UNDONE = 20
    FAILED = 21
    UNKNOWN_OUTCOME = 22
    HALTED = 23
    LOCKED = 24
    AUDIT_UNAVAILABLE = 30
    AUDIT_BROKEN = 31
    AUDIT_NOT_ANCHORED = 32
    TEMPORARY = 75


MEANINGS: dict[ExitCode, str] = {
    ExitCode.DONE: "done, or nothing to do",
    ExitCode.BUG: "a bug in sopctl; nothing is known about the run beyond its journal",
    ExitCode.USAGE: "the command line is not usable as typed",
    ExitCode.INVALID_RUNBOOK: "the runbook has problems; each is listed with its place",
    ExitCode.REFUSED: "refused: target, guardrail, stale plan, permission, or no consent",
    ExitCode.APPROVAL_MISSING: "a gate needs an answer that was not given",
    ExitCode.PLAN_HAS_CHANGES: "`sopctl plan --exit-code`: the plan has changes",
    ExitCode.FAILED_UNDONE: "a step failed and everything was undone",
    ExitCode.FAILED: "a step failed, or an undo is incomplete; what is in place is listed",
    ExitCode.UNKNOWN_OUTCOME: "the outcome of a call is unknown; `sopctl resume` looks first",
    ExitCode.HALTED: "parked: waiting for a decision, a gate, an effect or a guardrail",
    ExitCode.LOCKED: "another run works on this target, or another process on this run",
    ExitCode.AUDIT_UNAVAILABLE: "the journal cannot be written, so nothing was changed",
    ExitCode.AUDIT_BROKEN: "the journal was edited, truncated or reordered",
    ExitCode.AUDIT_NOT_ANCHORED: "the journal is intact, but nothing outside confirms its end",
    ExitCode.TEMPORARY: "a provider cannot be reached and nothing was changed; try again",
}


class SopError(Exception):
    """Something the person at the keyboard should read: what, which one, what now."""

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(self, summary: str, *, hint: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.hint = hint


class UsageError(SopError):
    exit_code = ExitCode.USAGE


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One thing wrong in a file: where (1-based), what, and what now."""

    file: str
    line: int
    column: int
    summary: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.summary}"


class InvalidRunbookError(SopError):
    exit_code = ExitCode.INVALID_RUNBOOK

    def __init__(self, summary: str, *, problems: tuple[Problem, ...], hint: str = "") -> None:
        super().__init__(summary, hint=hint)
        self.problems = problems


class RefusedError(SopError):
    exit_code = ExitCode.REFUSED


class StalePlanError(RefusedError):
    pass


class GuardrailError(RefusedError):
    pass


class WrongTargetError(RefusedError):
    pass


class PermissionDeniedError(RefusedError):
    pass


class ApprovalMissingError(SopError):
    exit_code = ExitCode.APPROVAL_MISSING


class OutcomeUnknownError(SopError):
    exit_code = ExitCode.UNKNOWN_OUTCOME


class LockedError(SopError):
    exit_code = ExitCode.LOCKED


class FencedError(SopError):
    exit_code = ExitCode.LOCKED


class AuditUnavailableError(SopError):
    exit_code = ExitCode.AUDIT_UNAVAILABLE


class AuditBrokenError(SopError):
    exit_code = ExitCode.AUDIT_BROKEN


class ProviderError(SopError):
    """A provider answered no; *requests* are its ids of the call, for the journal."""

    exit_code = ExitCode.FAILED

    def __init__(
        self,
        summary: str,
        *,
        hint: str = "",
        provider: str = "",
        requests: tuple[str, ...] = (),
    ) -> None:
        super().__init__(summary, hint=hint)
        self.provider = provider
        self.requests = requests


class NotFoundError(ProviderError):
    pass


class ConflictError(ProviderError):
    pass


class TemporaryError(ProviderError):
    exit_code = ExitCode.TEMPORARY


class ThrottledError(TemporaryError):
    pass


class UnreachableError(TemporaryError):
    pass
