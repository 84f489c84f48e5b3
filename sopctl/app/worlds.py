"""Worlds that came to an end: the runs of a sandbox that was reset hold nothing any more."""

from __future__ import annotations

from collections.abc import Mapping

from sopctl.app import actor, standing
from sopctl.app.targets import SANDBOX
from sopctl.core.errors import AuditBrokenError, AuditUnavailableError, LockedError
from sopctl.core.journal import Store
from sopctl.engine import control
from sopctl.engine.holdings import holdings
from sopctl.engine.state import RunState


def heads(store: Store) -> dict[str, int]:
    """How far the journal of each run of the sandbox has come; written beside a snapshot."""
    return {head.run: head.seq for head in store.runs() if head.target == SANDBOX}


def ended(store: Store, why: str, kept: Mapping[str, int] | None = None) -> list[str]:
    """Forget every run of the sandbox that is open or holds something; which ones.

    Not those whose journal ends where *kept* says: their world is the one that there is.
    A journal that cannot be read or written keeps no world alive; the next command says so.
    """
    try:
        return _forgotten(store, why, kept or {})
    except (AuditBrokenError, AuditUnavailableError):
        return []


def _took_back(state: RunState, kept: Mapping[str, int]) -> bool:
    """Whether it rolled back what is in place again."""
    return state.plan is not None and state.plan.source_run in kept


def _forgotten(store: Store, why: str, kept: Mapping[str, int]) -> list[str]:
    found = standing.states(store, SANDBOX)
    held = {holding.run for holding in holdings(found)}
    forgotten = []
    for state in found:
        over = state.end is not None and state.run not in held
        if kept.get(state.run) == state.seq or (over and not _took_back(state, kept)):
            continue
        try:
            control.forget(store, state.run, actor.worker(), why)
        except LockedError:
            continue  # somebody is at it, and will see that the world is another
        forgotten.append(state.run)
    return forgotten
