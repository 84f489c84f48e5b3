"""What undoing an open run would write back: newest first, from the recorded before-images."""

from __future__ import annotations

from collections.abc import Collection

from sopctl.core.action import Undo
from sopctl.core.plan import PlannedChange
from sopctl.engine.decisions import inverse
from sopctl.engine.state import RunState
from sopctl.views import failure
from sopctl.views.lines import EMPTY, Line, count, line
from sopctl.views.plan import changes, target


def ending(state: RunState) -> list[Line]:
    """Said before the plan of rolling back a run that is still open."""
    head = line("Run ", (state.run, "strong"), " has not ended; it is ended as it stands first.")
    return [head, EMPTY]


def lines(state: RunState, keys: Collection[str], *, full: bool = False) -> list[Line]:
    """Where, how much, and every change of the steps *keys* that is in place, inverted.

    A step that cannot be written back is named as what stays.
    """
    assert state.plan is not None
    touched = [work for work in reversed(state.works) if work.key in keys and work.touched]
    works = [work for work in touched if not (work.back or work.superseded)]
    undone = [work for work in works if work.plan.undo is Undo.EXACT]
    total = count(sum(len(work.touched) for work in undone), "change")
    head = line("Run ", (state.run, "strong"), " has not ended; it is undone within itself.")
    size = line((f"{total} to be written back in {count(len(undone), 'step')}", "strong"))
    shown = [target(state.plan), head, failure.in_place(state), size, EMPTY]
    for work in undone:
        items = inverse(work).items.values()
        back = [PlannedChange(resource=i.resource, before=i.before, after=i.after) for i in items]
        shown.append(
            line((work.key, "strong"), f"  {work.plan.uses}  {count(len(back), 'change')}")
        )
        shown += [*changes(back, full=full), EMPTY]
    for work in works:
        if work not in undone:
            what = work.plan.undoes or count(len(work.touched), "change")
            shown.append(line((work.key, "strong"), " is not undone: ", (what, "warn")))
    return shown
