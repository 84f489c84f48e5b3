"""Resources and what was seen of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Generic, Literal, TypeAlias, TypeVar

from sopctl.core.codec import Json

StateT = TypeVar("StateT")


class _Absent(Enum):
    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


Absent: TypeAlias = Literal[_Absent.ABSENT]
ABSENT: Final = _Absent.ABSENT
"""There is no such resource; not the same as one with an empty state."""


@dataclass(frozen=True, slots=True, order=True)
class ResourceId:
    """The smallest thing that can be restored on its own.

    *incarnation* (a uid, an ARN, a creation time) tells a resource from a later one of the same
    name; *part* is the piece of the object that the action writes, such as a tag key.
    """

    kind: str
    name: str
    incarnation: str = ""
    part: str = ""

    @property
    def whole(self) -> tuple[str, str, str]:
        """The object this is a part of: what guardrails count."""
        return (self.kind, self.name, self.incarnation)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f" [{self.part}]" if self.part else "")


@dataclass(frozen=True, slots=True)
class Observed(Generic[StateT]):
    """What a resource was when it was looked at.

    *state* is all and only what the action restores. *evidence* was looked at to decide: it is
    journaled and given to ``desire`` and ``converge``, never compared, never restored. *version*
    is the API's own version of the object, where it has one, for conditional writes. *gone* says
    that the very incarnation does not exist any more (the part may be ABSENT while the object
    lives).
    """

    state: StateT | Absent
    evidence: Mapping[str, Json] = field(default_factory=dict)
    version: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """What an action found to act on, and out of how many.

    *population* counts all objects of the kind in the target: it is what percentages are of.
    *notes* say what was left out and why, in sentences for the plan.
    """

    ids: tuple[ResourceId, ...]
    population: int
    notes: tuple[str, ...] = ()
