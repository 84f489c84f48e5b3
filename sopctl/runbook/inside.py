"""What can be named of the runbooks that a runbook includes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sopctl.core.runbook import Runbook, Step, StepKind

PREFIX: Final = "runbook/"


@dataclass(frozen=True, slots=True)
class Inside:
    """The included runbook by the id of the step that includes it; None: it cannot be read."""

    books: Mapping[str, Runbook | None] = field(default_factory=dict)

    def is_unclear(self, name: str) -> bool:
        """Whether *name* may be in a runbook that cannot be read."""
        step, dot, _ = name.partition(".")
        return bool(dot) and step in self.books and self.books[step] is None

    def ids(self, step: str, *kinds: StepKind) -> tuple[str, ...]:
        """The ids of all steps (of *kinds*) that stand for *step*, in the order in which they run.

        Empty if *step* includes nothing.
        """
        book = self.books.get(step)
        every = flat(book) if book else ()
        return tuple(f"{step}.{one.id}" for one in every if not kinds or one.kind in kinds)


NOTHING: Final = Inside()


def flat(book: Runbook) -> tuple[Step, ...]:
    """The steps of *book* in the order in which they run."""
    return (*book.before, *book.steps, *book.after)


def actions(book: Runbook) -> tuple[str, ...]:
    """The ids of the steps of *book* that may change something."""
    return tuple(step.id for step in book.steps if step.kind is StepKind.ACTION)
