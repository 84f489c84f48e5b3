"""The side effects of a plan: aspect by aspect, the worst first, each thing once."""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.core.plan import Plan
from sopctl.core.side_effect import Aspect, SideEffect
from sopctl.views.lines import EMPTY, Line, Span, line

FOLD = 4  # rows of an aspect that are shown
_COUNTED = (Aspect.RESTARTS, Aspect.AUTOSCALER)


def lines(plan: Plan, *, full: bool = False) -> list[Line]:
    """Nothing, if the plan has none."""
    found = list(dict.fromkeys(each for step in plan.steps for each in step.side_effects))
    shown: list[Line] = []
    for aspect in Aspect:
        rows = [each for each in found if each.aspect is aspect]
        if rows:
            shown += _aspect(aspect, rows, full=full)
    return [line(("Side effects", "strong")), *shown, EMPTY] if shown else []


def _aspect(aspect: Aspect, rows: Sequence[SideEffect], *, full: bool) -> list[Line]:
    worst = sorted(rows, key=lambda each: not each.bad)
    some = worst if full else worst[:FOLD]
    more = f" and {len(rows) - len(some)} more, shown with --full" if len(some) < len(rows) else ""
    if aspect in _COUNTED:
        names = ", ".join(f"{each.subject} ({each.count})" for each in some)
        total = sum(each.count for each in rows)
        return [
            line((f"{aspect}: ", "quiet"), (f"{total}", "strong"), f": {names}{more}", indent=4)
        ]
    shown = [line((f"{aspect}:", "quiet"), indent=4)]
    shown += [_row(each) for each in some]
    return [*shown, line((more.strip(), "quiet"), indent=8)] if more else shown


def _row(each: SideEffect) -> Line:
    spans: list[Span] = [(each.subject, "strong"), (f" {each.says}", "warn" if each.bad else "")]
    return line(*spans, indent=8)
