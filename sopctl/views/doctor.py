"""What `sopctl doctor` found: the gravest first, with the fix of what is not ready."""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.core.codec import Json, encode
from sopctl.core.readiness import Finding, State
from sopctl.views.lines import EMPTY, Line, line

SHOWN = 5  # rows of evidence
STYLES = {
    State.READY: "good",
    State.NOT_READY: "bad",
    State.UNKNOWN: "warn",
    State.NOT_HERE: "quiet",
}


def findings(found: Sequence[Finding], score: int) -> list[Line]:
    """A block for each; what is ready takes one line."""
    lines: list[Line] = []
    for each in found:
        ready = each.readiness
        head = f"{ready.severity}, {ready.row}"
        lines.append(
            line((f"{each.state:9} ", STYLES[each.state]), (each.check, "strong"), f"  {head}")
        )
        lines.append(line(each.detail, indent=10))
        if each.state is State.NOT_READY:
            lines += [line((row, "quiet"), indent=12) for row in each.rows[:SHOWN]]
            more = len(each.rows) - SHOWN
            lines += [line((f"and {more} more", "quiet"), indent=12)] if more > 0 else []
            lines.append(line(("why: ", "quiet"), ready.why, indent=10))
            lines.append(line(("fix: ", "quiet"), ready.fix, indent=10))
    return [*lines, EMPTY, line(("Ready: ", "strong"), f"{score} of 100")]


def data(found: Sequence[Finding], score: int) -> Json:
    return {"schema": "sopctl.doctor/1", "score": score, "findings": encode(list(found))}
