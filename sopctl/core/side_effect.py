"""What a change brings with it that is no change of ours: what a person should know beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Aspect(StrEnum):
    """What a side effect is about; the order is that of the plan."""

    RESTARTS = "pods that restart"
    AUTOSCALER = "nodes that leave the autoscaler"
    CAPACITY = "capacity that is left"
    BUDGET = "budgets that block"
    REVERTS = "who may revert us"


@dataclass(frozen=True, slots=True, kw_only=True)
class SideEffect:
    """*subject* is what it happens to, *count* how many of them, *says* a sentence or less.

    *bad*: somebody ought to look at it before agreeing.
    """

    aspect: Aspect
    subject: str
    count: int = 0
    says: str = ""
    bad: bool = False
