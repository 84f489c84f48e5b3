"""The two ways back: undo within an open run, roll back a finished one by a new run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sopctl.app import actor, standing
from sopctl.app.desk import Desk, runbook_of
from sopctl.cli import consents, work
from sopctl.cli.context import Context
from sopctl.cli.drive import Ride, drive
from sopctl.cli.options import Asked
from sopctl.core.errors import ExitCode, UsageError
from sopctl.engine import records
from sopctl.engine.state import RunState
from sopctl.views import undo
from sopctl.views.run import RunView


def target_name(state: RunState) -> str:
    """The target that *state* was started on."""
    assert state.plan is not None
    return str(state.plan.target["name"])


def source(context: Context, asked: Asked, run: str, latest: str) -> RunState:
    """The run to take back; raises UsageError if there is none, or more than one is meant."""
    found = standing.states(context.app.store, asked.target)
    if run:
        state = standing.find(found, run)
    elif latest:
        state = standing.latest(found, latest)
    else:
        state = standing.latest_holding(found)
    assert state.plan is not None
    if state.plan.source_run:
        raise UsageError(
            f"run {state.run} is itself a roll back, of run {state.plan.source_run}",
            hint=f"Go on with it by `sopctl resume {state.run}`, or start a new run.",
        )
    return state


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """One wish to take *source* back; *run* is the id of the roll back, if there is one."""

    context: Context
    asked: Asked
    source: RunState
    run: str

    def roll_back(self, desk: Desk, view: RunView) -> int:
        """Plan the way back, show it, and carry it out once a person agrees."""
        plan = desk.plan_back(self.source, self.asked.steps)
        work.show(self.context, plan, self.asked)
        if self.asked.dry_run or plan.empty:
            return ExitCode.DONE
        consent = consents.obtain(self.context, plan, self.asked)
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
