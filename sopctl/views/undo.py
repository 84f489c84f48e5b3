"""What undoing an open run would write back: newest first, from the recorded before-images."""

from __future__ import annotations

from collections.abc import Collection

from sopctl.core.plan import PlannedChange
from sopctl.engine.decisions import inverse
from sopctl.engine.state import RunState
from sopctl.views import failure
from sopctl.views.lines import EMPTY, Line, count, line
from sopctl.views.plan import changes


def ending(state: RunState) -> list[Line]:
    """Said before the plan of rolling back a run that is still open."""
    head = line("Run ", (state.run, "strong"), " has not ended; it is ended as it stands first.")
    return [head, EMPTY]


def lines(state: RunState, keys: Collection[str], *, full: bool = False) -> list[Line]:
    """Every change of the steps *keys* that is in place, inverted."""
    head = line("Run ", (state.run, "strong"), " has not ended; it is undone within itself.")
    shown = [head, failure.in_place(state), EMPTY]
    for work in reversed(state.works):
        if work.key not in keys or work.back or not work.touched:
            continue
        items = inverse(work).items.values()
        back = [PlannedChange(resource=i.resource, before=i.before, after=i.after) for i in items]
        shown.append(
            line((work.key, "strong"), f"  {work.plan.uses}  {count(len(back), 'change')}")
        )
        shown += [*changes(back, full=full), EMPTY]
    return shown
