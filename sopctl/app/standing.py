"""Which runs there are, and how each of them stands: the folds behind `status`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sopctl.app import seats
from sopctl.core.errors import UsageError
from sopctl.core.journal import Holder, Store
from sopctl.core.plan import Plan
from sopctl.engine.fold import fold
from sopctl.engine.holdings import Holding, holdings
from sopctl.engine.state import RunState
from sopctl.views.states import duration


class Standing(StrEnum):
    """How a run stands."""

    WORKING = "in progress"
    PARKED = "parked"
    INTERRUPTED = "interrupted"
    HOLDING = "in place"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStanding:
    """*held* is what is still in place; *age* is in seconds of its target's clock, as journaled.

    *overdue* (seconds; at most 0 is: not yet) counts from the `revert_within` of the runbook and
    is None without one.
    """

    state: RunState
    standing: Standing
    held: tuple[Holding, ...] = ()
    holder: Holder | None = None
    age: float = 0.0
    overdue: float | None = None


def states(store: Store, target: str = "") -> list[RunState]:
    """Every run of *target* (empty: of all targets), oldest first."""
    heads = [head for head in store.runs() if target in ("", head.target)]
    found = [fold(head.run, store.read(head.run)) for head in heads]
    return [state for state in found if state.plan is not None]


def find(found: Sequence[RunState], run: str) -> RunState:
    """The run whose id is, or alone starts with, *run*; raises UsageError."""
    matching = [state for state in found if state.run.upper().startswith(run.upper())]
    exact = [state for state in matching if state.run.upper() == run.upper()]
    if len(exact or matching) != 1:
        many = f"{len(matching)} runs start with {run}" if matching else f"there is no run {run}"
        raise UsageError(many, hint="List them with `sopctl audit list`.")
    return (exact or matching)[0]


def named(store: Store, run: str) -> RunState:
    """The run whose id starts with *run*; none named: the newest. Raises UsageError."""
    found = states(store)
    if run:
        return find(found, run)
    if not found:
        raise UsageError("there is no run yet", hint="Start one with `sopctl run NAME`.")
    return found[-1]


def latest(found: Sequence[RunState], runbook: str) -> RunState:
    """The newest run of *runbook* that still holds something, else the newest; UsageError."""
    runs = [s for s in found if s.plan and s.plan.runbook == runbook and not s.plan.source_run]
    if not runs:
        raise UsageError(
            f"there is no run of {runbook}", hint="List the runs with `sopctl audit list`."
        )
    holding = {each.run for each in holdings(found) if not each.joined}
    return next((s for s in reversed(runs) if s.end is None or s.run in holding), runs[-1])


def latest_holding(found: Sequence[RunState], now_of: Callable[[RunState], datetime]) -> RunState:
    """The run to be taken back when none is named.

    The only one that has something in place; of several the latest that its runbook wants back
    (`revert_within`). Raises UsageError if there is none, or nothing tells them apart.
    """
    holding = {each.run for each in holdings(found) if not each.joined}
    runs = [s for s in found if s.run in holding]
    if not runs:
        raise UsageError("no run has anything in place", hint="See `sopctl status`.")
    due = [s for s in runs if s.plan and s.plan.revert_within] or runs
    if due is runs and len(runs) > 1:
        listed = "; ".join(described(state, now_of(state)) for state in runs)
        raise UsageError("more than one run has changes in place", hint=f"Name one: {listed}.")
    return due[-1]


def described(state: RunState, now: datetime) -> str:
    """One run among several: its id, runbook, state and age."""
    assert state.plan is not None
    how = f"ended {state.end}" if state.end else "not ended"
    if state.parked and not state.end:
        how = f"parked ({state.parked['why']})"
    age = (now - state.started).total_seconds() if state.started else 0.0
    return f"{state.run} ({state.plan.runbook}, {how}, started {duration(age)} ago)"


def open_like(found: Sequence[RunState], plan: Plan) -> RunState | None:
    """The newest open run of the runbook of *plan* with its parameters and target."""
    wanted = (plan.runbook, plan.params, plan.target.get("name"))
    for state in reversed(found):
        theirs = state.plan
        if theirs is None or state.end is not None or theirs.source_run:
            continue
        if (theirs.runbook, theirs.params, theirs.target.get("name")) == wanted:
            return state
    return None


def standings(
    store: Store, target: str, now_of: Callable[[RunState], datetime]
) -> list[RunStanding]:
    """How every run of *target* stands, oldest first; *now_of* asks the clock of its target."""
    found = states(store, target)
    held = holdings(found)
    return [
        _standing(store, state, tuple(h for h in held if h.run == state.run), now_of(state))
        for state in found
    ]


def _standing(
    store: Store, state: RunState, held: tuple[Holding, ...], now: datetime
) -> RunStanding:
    assert state.plan is not None
    age = (now - state.started).total_seconds() if state.started else 0.0
    within = state.plan.revert_within
    overdue = age - within if within and held else None
    kind, holder = Standing.OVER, None
    if state.end is not None:
        kind = Standing.HOLDING if held else Standing.OVER
    elif state.parked and state.parked["why"] != "signal":
        kind = Standing.PARKED
    else:
        holder = seats.holder_of(store, state.run)
        kind = Standing.WORKING if holder else Standing.INTERRUPTED
    return RunStanding(
        state=state, standing=kind, held=held, holder=holder, age=age, overdue=overdue
    )
