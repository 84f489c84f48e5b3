"""A leg: claim a run, fold its journal, do what can be done, give it back.

A leg may be started twice, late, by another process, by a colleague. Nothing is kept in memory that
is not in the journal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from sopctl.core.clock import stamp
from sopctl.core.errors import FencedError, LockedError, RefusedError, StalePlanError
from sopctl.core.journal import Holder, Lease
from sopctl.core.runbook import StepKind
from sopctl.engine import records
from sopctl.engine.decide import decide
from sopctl.engine.fold import fold
from sopctl.engine.holdings import holdings
from sopctl.engine.keeper import Keeper
from sopctl.engine.moves import Finish, Park, Wait
from sopctl.engine.perform import perform
from sopctl.engine.ports import Deps
from sopctl.engine.session import Session
from sopctl.engine.state import RunEnd, RunState
from sopctl.engine.watching import Watchers

NAP = 0.25  # seconds of the target's clock between two looks at background reads


@dataclass(frozen=True, slots=True)
class Done:
    """The run has ended."""

    outcome: RunEnd


@dataclass(frozen=True, slots=True)
class Parked:
    """Nothing can be done before a person says something: *why* is gate, decision or effect."""

    why: str
    detail: str
    work: str


@dataclass(frozen=True, slots=True)
class Busy:
    """Somebody else works on the run, or on its target."""

    holder: Holder
    what: str


@dataclass(frozen=True, slots=True)
class Fenced:
    """Somebody else took over while we worked: everything we still hold is void."""

    detail: str


LegResult: TypeAlias = Done | Parked | Busy | Fenced


def leg(run: str, deps: Deps, *, takeover: bool = False) -> LegResult:
    """Advance *run* as far as it goes without a person."""
    lease = claim(run, deps, takeover=takeover)
    if isinstance(lease, Holder):
        return Busy(lease, f"run {run}")
    try:
        return _locked(run, deps, lease, how="takeover" if takeover else "claimed")
    except FencedError as error:
        return Fenced(error.summary)
    finally:  # whatever happened, bugs included; harmless if the lease is lost
        deps.point("before release")
        deps.store.release(lease)


def claim(run: str, deps: Deps, *, takeover: bool = False) -> Lease | Holder:
    if takeover:
        return deps.store.takeover(run, deps.worker, deps.ttl)
    return deps.store.claim(run, deps.worker, deps.ttl)


def _locked(run: str, deps: Deps, lease: Lease, *, how: str) -> LegResult:
    """Hold the target while working: released at gates and at the end, never left behind."""
    state = fold(run, deps.store.read(run))
    if state.end:
        return Done(state.end)
    assert state.plan is not None
    _refuse_unfit(state, deps)
    target = str(state.plan.target["name"])
    holder = deps.store.lock_target(target, lease, stamp(deps.clock.now()))
    if holder:
        return Busy(holder, f"target {target}")
    try:
        if deps.lock and (who := deps.lock.acquire(run)):
            raise LockedError(
                f"target {target} is worked on by {who}",
                hint="Wait for it, or take over with `sopctl resume RUN --takeover --reason ...`.",
            )
        _refuse_overtaken(state, deps)
        session = Session(
            deps,
            state,
            Keeper(deps.store, lease, deps.seconds, guarding="guard" in deps.protections),
        )
        session.append(records.leg(deps.worker, how))
        return _advance(session)
    finally:
        deps.point("before unlock")
        try:
            if deps.lock:
                deps.lock.release(run)
        finally:
            deps.store.unlock_target(target, lease)


def _refuse_unfit(state: RunState, deps: Deps) -> None:
    """Nothing is done without the consent to this very plan, or with half of the catalog."""
    if not state.consent or state.consent["plan_hash"] != state.header["plan_hash"]:
        raise RefusedError(
            f"nobody consented to the plan of run {state.run}", hint="Start a new run."
        )
    open_works = [w for w in state.works if not w.superseded and w.plan.kind is StepKind.ACTION]
    if unknown := {w.plan.uses for w in open_works} - set(deps.actions):
        raise RefusedError(
            f"run {state.run} uses {', '.join(sorted(unknown))}, which is not in the catalog",
            hint="Go on with the version of sopctl that started it.",
        )


def _refuse_overtaken(state: RunState, deps: Deps) -> None:
    """Two plans made at the same time may be opened; only the first of them was made in time."""
    assert state.plan is not None
    if state.plan.source_run or any(work.started for work in state.works):
        return
    others = [head for head in deps.store.runs() if head.run != state.run]
    held = holdings(fold(head.run, deps.store.read(head.run)) for head in others)
    planned = {change.resource for step in state.plan.steps for change in step.changes}
    for holding in held:
        since = stamp(holding.since) if holding.since else ""
        if holding.resource in planned and since > state.plan.made_at:
            raise StalePlanError(
                f"run {holding.run} took hold of {holding.resource} after this plan was made",
                hint="Plan again: what it did already is joined then.",
            )


def _advance(session: Session) -> LegResult:
    watchers = Watchers(session)
    deps = session.deps
    while True:
        session.keeper.beat()
        if deps.lock:
            deps.lock.renew(session.state.run)
        watchers.tick()
        if deps.stopping():
            return _park(session, Park("signal", "stopped by a signal; nothing is in flight"))
        move = decide(session.state, deps.actions, deps.clock.now(), deps.fence_wait)
        match move:
            case Park():
                return _park(session, move)
            case Wait():
                _wait(session, move)
            case Finish():
                perform(session, move)
                return Done(move.outcome)
            case _:
                perform(session, move)


def _park(session: Session, move: Park) -> Parked:
    state: RunState = session.state
    before = state.parked
    if not before or before["why"] != move.why or before["work"] != move.work:
        session.append(records.parked(move.why, move.detail, move.work))
    return Parked(move.why, move.detail, move.work)


def _wait(session: Session, move: Wait) -> None:
    clock = session.deps.clock
    session.deps.on_wait(move.why)
    left = (move.until - clock.now()).total_seconds()
    clock.sleep(min(max(left, 0.0), NAP))
