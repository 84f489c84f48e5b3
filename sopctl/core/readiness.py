"""How ready a cluster is for the next zone failure: what each check found, and the sum of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sopctl.core.check import Readiness, Severity

WEIGHTS: Mapping[Severity, int] = {Severity.CRITICAL: 5, Severity.WARNING: 2, Severity.INFO: 1}


class State(StrEnum):
    """What was found."""

    READY = "ready"
    NOT_READY = "not ready"
    UNKNOWN = "unknown"  # it could not be read
    NOT_HERE = "not here"  # there is nothing that it is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found; *rows* name what is not ready."""

    check: str
    state: State
    readiness: Readiness
    detail: str
    rows: tuple[str, ...] = ()


def score(found: Iterable[Finding]) -> int:
    """0 to 100: what is ready, of what there is, by weight. What is unknown is not ready."""
    counted = [each for each in found if each.state is not State.NOT_HERE]
    total = sum(WEIGHTS[each.readiness.severity] for each in counted)
    good = sum(WEIGHTS[e.readiness.severity] for e in counted if e.state is State.READY)
    return round(100 * good / total) if total else 100
