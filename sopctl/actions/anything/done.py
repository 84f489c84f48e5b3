"""Work of which only its author knows what it is: it is done, or it is not, and a check tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sopctl.core.action import Undo
from sopctl.core.errors import RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Whether the check says that it is done."""

    done: bool


def refuse_one_way(undo: Sequence[object], irreversible: str, name: str) -> None:
    """RefusedError unless there is a way back, or a word why there is none."""
    if bool(undo) == bool(irreversible):
        raise RefusedError(
            f"{name} needs either undo or irreversible",
            hint="Say how it is taken back, or why it cannot be.",
        )


def way_back(irreversible: str) -> Undo:
    return Undo.NONE if irreversible else Undo.EXACT
