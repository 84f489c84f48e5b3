"""What the fields of a runbook are called when something is wrong with them."""

from __future__ import annotations

from typing import Final

from sopctl.notation import duration
from sopctl.notation.complaints import Words
from sopctl.notation.shape import NAME
from sopctl.runbook.model import DAY, PARAMETER_NAME, STEP_ID, STEP_NAME, RunbookShape

WORDS: Final = Words(
    shape=RunbookShape,
    patterns={
        duration.PATTERN: ("a duration", duration.HINT),
        DAY: ("a date", "Write the day, such as 2026-11-22."),
        NAME: ("a name", "Use lower-case letters, digits, dots, dashes; at most 64."),
        PARAMETER_NAME: (
            "a parameter name",
            "Use lower-case letters, digits and _; a letter first.",
        ),
        STEP_ID: ("an id", "Use lower-case letters, digits, - and _; a letter first."),
        STEP_NAME: ("the id of a step", "Use ids, and STEP.ID for those of an included runbook."),
    },
    instead={"until": "Write check: with wait: 10m, which asks again until it holds."},
)
