"""Carry a plan out in memory and take it back, by the engine itself, over what is really there.

Resources are found and read in the target; what is written stays in an overlay. It shows before an
incident that every before-image can be taken, kept in a journal and written again. It shows
nothing about what the providers would say to the writes, nor about effects.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sopctl.core.action import AnyAction, Undo
from sopctl.core.clock import Clock
from sopctl.core.codec import encode
from sopctl.core.errors import SopError
from sopctl.core.plan import Plan
from sopctl.core.resource import ResourceId
from sopctl.core.runbook import Runbook
from sopctl.engine import control, records
from sopctl.engine.holdings import holdings
from sopctl.engine.leg import Done, Parked, leg
from sopctl.engine.overlay import Overlay, holding
from sopctl.engine.ports import Deps, Nobody
from sopctl.engine.restore import Return, plan_return
from sopctl.engine.state import RunEnd

FORTH, BACK = "REHEARSAL-FORTH", "REHEARSAL-BACK"
WHO = "rehearsal"
_ANSWERS = 1000  # more gates than a runbook may have steps
_LEAP = 300.0  # seconds: nobody waits for what is not really done


class LeapingClock:
    """Starts now, and leaps when somebody sleeps on it."""

    def __init__(self, clock: Clock) -> None:
        self._at = clock.now()

    def now(self) -> datetime:
        return self._at

    def sleep(self, seconds: float) -> None:
        self._at += timedelta(seconds=max(seconds, _LEAP))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """*changed* resources; *stopped* says why it did not get through, or is empty.

    *wrong*: what was not as before in the end, though it should. *kept*: what has no exact way
    back, as its action declares.
    """

    changed: int
    stopped: str = ""
    wrong: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.stopped and not self.wrong


def rehearse(book: Runbook, plan: Plan, deps: Deps) -> Rehearsed:
    """Forth and back; *deps* has a store that is thrown away afterwards. Writes nothing."""
    overlay = Overlay()
    dry = replace(
        deps,
        actions={name: overlay.over(each) for name, each in deps.actions.items()},
        checks={name: holding(each) for name, each in deps.checks.items()},
        clock=LeapingClock(deps.clock),
        lock=None,
        herald=Nobody(),
        fence_wait=0.0,
        outage=0.0,
    )
    try:
        stopped = _carry_out(FORTH, plan, book, dry)
        stopped = stopped or _take_back(book, plan, dry)
    except SopError as error:
        stopped = error.summary
    return _judged(overlay, plan, stopped, deps.actions)


def _carry_out(run: str, plan: Plan, book: Runbook, deps: Deps) -> str:
    """Why it did not end well, or nothing."""
    consent = records.consent(WHO, "rehearsal", plan.hash)
    control.open_run(run, plan, {"book": encode(book), "user": ""}, consent, deps)
    for _ in range(_ANSWERS):
        match leg(run, deps):
            case Done(outcome):
                good = (RunEnd.UNDONE, RunEnd.UNDO_INCOMPLETE)
                return f"it ended {outcome}" if outcome in good and not plan.source_run else ""
            case Parked("gate", _, work):
                control.say(run, deps, records.answer(work, "yes", WHO, "rehearsal"))
            case Parked(_, detail, work):
                return f"it stopped at {work}: {detail}"
            case other:
                return f"it could not go on: {other}"
    return "it asks without end"


def _take_back(book: Runbook, plan: Plan, deps: Deps) -> str:
    source = control.load(FORTH, deps)
    held = holdings([source])
    asked = Return(source=source, way_back=book.way_back, target=plan.target, held=held)
    return _carry_out(BACK, plan_return(asked, deps), book, deps)


def _judged(
    overlay: Overlay, plan: Plan, stopped: str, actions: Mapping[str, AnyAction]
) -> Rehearsed:
    wrong: list[str] = []
    kept: list[str] = []
    changed: set[ResourceId] = set()
    exact = {step.uses for step in plan.steps} - {
        step.uses for step in plan.steps if step.undo is not Undo.EXACT
    }
    for action in sorted({step.uses for step in plan.steps} & set(actions)):
        for resource, first, now in overlay.changed(actions[action]):
            changed.add(resource)
            if action not in exact:
                kept.append(f"{resource} ({action})")
            elif not stopped and now.state != first.state:
                wrong.append(f"{resource} would not be as before ({action})")
    return Rehearsed(changed=len(changed), stopped=stopped, wrong=tuple(wrong), kept=tuple(kept))
