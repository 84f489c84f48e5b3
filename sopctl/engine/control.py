"""Open a run, and put into its journal what people say while no leg works on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sopctl.core.clock import stamp
from sopctl.core.codec import Json
from sopctl.core.errors import AuditBrokenError, LockedError, UsageError
from sopctl.core.journal import GENESIS, Entry, Holder, Record, Store
from sopctl.core.plan import Plan
from sopctl.engine import records
from sopctl.engine.fold import apply, fold
from sopctl.engine.leg import claim
from sopctl.engine.ports import Deps
from sopctl.engine.state import RunEnd, RunState

FORGETTING = 10.0  # seconds of a lease


def open_run(run: str, plan: Plan, header: Mapping[str, Json], consent: Entry, deps: Deps) -> None:
    """Create the journal of *run*: its plan, who and why, and the consent to exactly this plan."""
    at = stamp(deps.clock.now())
    if not deps.store.create(run, target=str(plan.target["name"]), runbook=plan.runbook, at=at):
        raise UsageError(f"run {run} exists already", hint="Start a new one without --run.")
    say(run, deps, records.start(plan, header), consent)


def say(run: str, deps: Deps, *entries: Entry) -> RunState:
    """Append what a person decided; raises LockedError while a leg works on the run."""
    lease = claim(run, deps)
    if isinstance(lease, Holder):
        raise LockedError(
            f"run {run} is being worked on by {lease.worker}",
            hint="Wait for it, or follow it with `sopctl status`.",
        )
    try:
        state = fold(run, deps.store.read(run))
        if state.end:
            raise UsageError(
                f"run {run} has ended: {state.end}", hint="Use `sopctl rollback` to take it back."
            )
        at, seq = stamp(deps.clock.now()), state.seq
        _try_out(state, entries, at)
        appended = deps.store.append(lease, seq, entries, at)
    finally:
        deps.store.release(lease)
    deps.on_records(appended)
    return fold(run, deps.store.read(run))


def forget(store: Store, run: str, who: str, why: str) -> RunState:
    """End *run* for good: its target is no more, so that nothing of it can be taken back.

    The one record that may follow the end of a run. Raises LockedError while a leg works on it.
    """
    lease = store.claim(run, who, FORGETTING)
    if isinstance(lease, Holder):
        raise LockedError(f"run {run} is being worked on by {lease.worker}", hint="Stop it first.")
    try:
        state = fold(run, store.read(run))
        assert state.last is not None
        entries = (records.parked(records.FORGOTTEN, f"{who}: {why}"), records.end(RunEnd.LOST))
        store.append(lease, state.seq, entries, stamp(state.last))
    finally:
        store.release(lease)
    return fold(run, store.read(run))


def _try_out(state: RunState, entries: Sequence[Entry], at: str) -> None:
    """Refuse what the journal could never be folded with again: it cannot be taken out of it."""
    for entry in entries:
        seq = state.seq + 1
        record = Record(
            run=state.run, seq=seq, epoch=0, at=at, kind=entry.kind, data=entry.data, prev=GENESIS
        )
        try:
            apply(state, record)
        except AuditBrokenError as error:
            raise UsageError(
                f"run {state.run} has nothing that this {entry.kind} is about: "
                f"{error.__cause__ or error}",
                hint="See its steps with `sopctl status`.",
            ) from error


def load(run: str, deps: Deps) -> RunState:
    """The state of *run*; raises UsageError if there is no such run."""
    found = deps.store.read(run)
    if not found:
        raise UsageError(f"there is no run {run}", hint="List them with `sopctl audit list`.")
    return fold(run, found)


def all_runs(deps: Deps, target: str = "") -> list[RunState]:
    """Every run of *target* (empty: of all targets), oldest first."""
    heads = [head for head in deps.store.runs() if target in ("", head.target)]
    return [fold(head.run, deps.store.read(head.run)) for head in heads]
