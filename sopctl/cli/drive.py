"""Carry a run through its legs: ask when it parks, until it has ended or nobody can be asked."""

from __future__ import annotations

from dataclasses import dataclass

from sopctl.app.desk import Desk
from sopctl.cli import answers
from sopctl.cli.context import Context
from sopctl.cli.options import Asked
from sopctl.cli.signals import caught
from sopctl.core.errors import ExitCode, FencedError, LockedError, StalePlanError
from sopctl.engine import records
from sopctl.engine.leg import Busy, Done, Fenced, LegResult, Parked
from sopctl.engine.state import Outcome, Phase, RunEnd, RunState
from sopctl.views import failure
from sopctl.views import run as run_view
from sopctl.views.lines import line
from sopctl.views.run import RunView


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """What is driven: *takes_back* says that undoing is what was wanted.

    A *fresh* run was opened just now: if it cannot even start, it is cancelled.
    """

    context: Context
    desk: Desk
    view: RunView
    asked: Asked
    run: str
    takes_back: bool = False
    fresh: bool = False


def drive(ride: Ride) -> int:
    """Legs and answers in turn; the exit code of the run."""
    ride.context.out.best_effort = True
    with caught(ride.desk.stop, ride.view.warn) as signal:
        while True:
            result = _leg(ride)
            if isinstance(result, Parked) and result.why == "signal":
                _say_parked(ride, result)
                return signal.exit_code
            if (code := _after(ride, result)) is not None:
                return code


def _leg(ride: Ride) -> Done | Parked | Fenced:
    """One leg; a fresh run that cannot even start leaves nothing open behind."""
    try:
        return _unless_busy(ride.desk.leg(ride.run, force=ride.asked.takeover))
    except (LockedError, StalePlanError):
        if ride.fresh:
            ride.desk.say(ride.run, records.end(RunEnd.CANCELLED))
        raise
    finally:
        ride.view.pause()


def _unless_busy(result: LegResult) -> Done | Parked | Fenced:
    if isinstance(result, Busy):
        holder = result.holder
        raise LockedError(
            f"{result.what} is being worked on by {holder.worker}"
            f" (run {holder.run}, since {holder.since})",
            hint=f"Wait, or take over: `sopctl resume {holder.run} --takeover --reason TEXT`.",
        )
    return result


def _after(ride: Ride, result: Done | Parked | Fenced) -> int | None:
    """The exit code, or None: go on with the next leg."""
    match result:
        case Done():
            return _ended(ride)
        case Fenced():
            raise FencedError(result.detail, hint="Follow the run with `sopctl status`.")
        case Parked():
            state = ride.desk.state(ride.run)
            entries = answers.entries(ride.context, ride.desk, state, result, ride.asked)
            if entries:
                ride.desk.say(ride.run, *entries)
                return None
            _say_parked(ride, result)
            return int(parked_code(state, result))


def _ended(ride: Ride) -> int:
    state = ride.desk.state(ride.run)
    if ride.asked.json:
        ride.context.out.data(
            {"schema": "sopctl.end/1", "run": ride.run, "outcome": str(state.end)}
        )
    else:
        ride.context.out.show(run_view.ended(state))
    return int(ended_code(state, takes_back=ride.takes_back))


def _say_parked(ride: Ride, result: Parked) -> None:
    state = ride.desk.state(ride.run)
    if ride.asked.json:
        facts = {"why": result.why, "detail": result.detail, "work": result.work}
        ride.context.out.data(
            {"schema": "sopctl.end/1", "run": ride.run, "outcome": "parked", **facts}
        )
    if not ride.context.terminal.interactive:
        work = answers.work_of(state, result)
        ride.context.err.show(failure.lines(state, result.why, result.detail, work))
    ride.context.err.show([line("Run ", (ride.run, "strong"), " is parked.")])
    ride.context.err.show(failure.how_to_go_on(state))


def ended_code(state: RunState, *, takes_back: bool) -> ExitCode:
    """What the end of a run says to the caller."""
    if state.end is RunEnd.UNDO_INCOMPLETE:
        return ExitCode.FAILED
    if state.end is RunEnd.UNDONE and not takes_back:
        return ExitCode.FAILED_UNDONE
    return ExitCode.DONE


def parked_code(state: RunState, result: Parked) -> ExitCode:
    """Unknown outcomes first, then failures, then everything that merely waits."""
    items = [item for work in state.works for item in work.items.values()]
    if any(item.phase in (Phase.UNKNOWN, Phase.SENT) for item in items):
        return ExitCode.UNKNOWN_OUTCOME
    work = answers.work_of(state, result)
    if result.why == "decision" and work is not None and work.outcome is Outcome.FAILED:
        return ExitCode.FAILED
    return ExitCode.HALTED
