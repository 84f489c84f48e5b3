"""Look at a run's mitigation again and again, and carry out what its kept steps find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sopctl.cli import backwards, onwards, work
from sopctl.cli.context import Context
from sopctl.cli.options import Asked
from sopctl.cli.signals import caught
from sopctl.core.errors import ExitCode, UsageError
from sopctl.core.journal import Entry
from sopctl.engine.holdings import holdings
from sopctl.engine.keeping import Round
from sopctl.engine.state import RunState
from sopctl.views import kept

NAP = 1.0  # seconds of the target's clock between two looks at the stop sign


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look; *once*: one time only."""

    every: float
    once: bool


def nothing(*_: object) -> list[Entry]:
    """No decision: a watcher only watches."""
    return []


def latest(context: Context, found: Sequence[RunState]) -> RunState:
    """The open run, or else the newest that holds something; UsageError if there is none."""
    if any(state.end is None for state in found):
        return onwards.open_one(context, found)
    held = {holding.run for holding in holdings(found)}
    if not held:
        raise UsageError("nothing is in place", hint="See `sopctl status`.")
    return next(state for state in reversed(found) if state.run in held)


def keep(context: Context, asked: Asked, state: RunState, pace: Pace) -> int:
    """Rounds until the run is taken back, or somebody says stop; 23 if something was reverted."""
    while True:
        round_, stopped = _round(context, asked, state, pace)
        if (round_.added or round_.renewed) and (code := _carry_out(context, asked, state)):
            return code
        if round_.over or stopped or pace.once:
            return ExitCode.HALTED if round_.reverted or round_.beyond else ExitCode.DONE


def _round(context: Context, asked: Asked, state: RunState, pace: Pace) -> tuple[Round, bool]:
    """One look with fresh facts, then the wait for the next."""
    target = context.app.target(backwards.target_name(state))
    view = work.view(context, asked, state.run, context.app.store.read(state.run))
    with context.app.desk(target, view, run=state.run) as desk, caught(desk.stop):
        assert state.plan is not None
        desk.recognise(state.plan)
        found = desk.look_again(state.run)
        now = desk.place.connection.clock.now()
        if asked.json:
            context.out.data(kept.data(state.run, found, now))
        else:
            context.out.show(kept.lines(found, now))
        left = 0.0 if pace.once or found.added or found.renewed or found.over else pace.every
        while left > 0 and not desk.stop.is_set():
            desk.place.connection.clock.sleep(min(left, NAP))
            left -= NAP
        return found, desk.stop.is_set()


def _carry_out(context: Context, asked: Asked, state: RunState) -> int:
    """The run is open again for what was added: advance it to its end."""
    from sopctl.app import standing  # noqa: PLC0415  # pulls in the engine

    again = standing.find(standing.states(context.app.store, asked.target), state.run)
    return onwards.go_on(context, asked, again, nothing)
