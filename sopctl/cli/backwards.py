"""The way back: a roll back is a run of its own; an undo happens within a run that is open.

A run that waits at a gate is a mitigation in place, and has to come back in the stages of its
runbook like any other: it is ended as it stands, and rolled back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sopctl.app import actor, standing
from sopctl.app.desk import Desk, runbook_of
from sopctl.cli import consents, work
from sopctl.cli.context import Context
from sopctl.cli.drive import Ride, drive
from sopctl.cli.options import Asked
from sopctl.core.errors import ExitCode, UsageError
from sopctl.core.journal import Entry
from sopctl.engine import records
from sopctl.engine.state import RunEnd, RunState
from sopctl.views import undo
from sopctl.views.run import RunView


def target_name(state: RunState) -> str:
    """The target that *state* was started on."""
    assert state.plan is not None
    return str(state.plan.target["name"])


def source(context: Context, asked: Asked, run: str, latest: str) -> RunState:
    """The run to take back; raises UsageError if there is none, or more than one is meant."""
    found = standing.states(context.app.store, context.app.known(asked.target))
    if run:
        state = standing.find(found, run)
    elif latest:
        state = standing.latest(found, latest)
    else:
        state = standing.latest_holding(found, context.app.now_of)
    assert state.plan is not None
    if state.plan.source_run:
        raise UsageError(
            f"run {state.run} is itself a roll back, of run {state.plan.source_run}",
            hint=f"Go on with it by `sopctl resume {state.run}`, or start a new run.",
        )
    return state


def _ended_here() -> tuple[Entry, Entry]:
    """A person ends the run as it stands, to have it rolled back."""
    why = f"ended as it stands by {actor.user()}, to be rolled back"
    return records.parked(records.AS_IT_STANDS, why), records.end(RunEnd.PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """One wish to take *source* back; *run* is the id of the roll back, if there is one."""

    context: Context
    asked: Asked
    source: RunState
    run: str

    @property
    def within(self) -> bool:
        """Undo within the run: it is turning back already, or that is what was asked for."""
        return self.source.end is None and (self.source.undoing or self.asked.at_once)

    def roll_back(self, desk: Desk, view: RunView) -> int:
        """Plan the way back, show it, and carry it out once a person agrees."""
        is_open = self.source.end is None
        if is_open:
            self.context.err.show(undo.ending(self.source))
            self.source.end = RunEnd.PARTIAL  # what it will be by the time this plan is carried out
        plan = desk.plan_back(self.source, self.asked.steps)
        work.show(self.context, plan, self.asked)
        if self.asked.dry_run or (plan.empty and not is_open):
            return ExitCode.DONE
        consent = None if plan.empty else consents.obtain(self.context, plan, self.asked)
        if is_open:
            desk.free(self.source.run)
            desk.say(self.source.run, *_ended_here())
        if consent is None:
            return ExitCode.DONE
        extra = {
            "reason": self.asked.reason,
            "incident": self.asked.incident or str(self.source.header.get("incident", "")),
        }
        tty = self.context.terminal.interactive
        header = desk.header(runbook_of(self.source), tty=tty, extra=extra)
        desk.open(self.run, plan, header, consent)
        return drive(replace(self._ride(desk, view, self.run), fresh=True))

    def undo(self, desk: Desk, view: RunView) -> int:
        """Turn an open run round; one that is on its way back already just goes on."""
        assert self.source.plan is not None
        desk.recognise(self.source.plan)
        desk.free(self.source.run)
        keys = [w.key for w in self.source.works if not w.back and not w.superseded]
        keys = [key for key in keys if not self.asked.steps or key in self.asked.steps]
        if unknown := set(self.asked.steps) - {w.key for w in self.source.works}:
            raise UsageError(
                f"run {self.source.run} has no step {', '.join(sorted(unknown))}",
                hint=f"Its steps are {', '.join(keys)}.",
            )
        self.context.err.show(undo.lines(self.source, keys, full=self.asked.full))
        if self.asked.dry_run:
            return ExitCode.DONE
        if keys:
            consents.agree_to_change(
                self.context, self.source.plan, self.asked, "Undo these changes?"
            )
            entry = records.undo(keys, actor.user(), self.asked.reason or "rollback was asked for")
            desk.say(self.source.run, entry)
        return drive(self._ride(desk, view, self.source.run))

    def _ride(self, desk: Desk, view: RunView, run: str) -> Ride:
        return Ride(
            context=self.context,
            desk=desk,
            view=view,
            asked=self.asked,
            run=run,
            takes_back=True,
        )
