"""Worlds that came to an end: the runs of a sandbox that was reset hold nothing any more."""

from __future__ import annotations

from sopctl.app import actor, standing
from sopctl.app.targets import SANDBOX
from sopctl.core.errors import AuditBrokenError, AuditUnavailableError, LockedError
from sopctl.core.journal import Store
from sopctl.engine import control
from sopctl.engine.holdings import holdings


def ended(store: Store, why: str) -> list[str]:
    """Forget every run of the sandbox that is open or holds something; which ones.

    A journal that cannot be read or written keeps no world alive; the next command says so.
    """
    try:
        return _forgotten(store, why)
    except (AuditBrokenError, AuditUnavailableError):
        return []


def _forgotten(store: Store, why: str) -> list[str]:
    found = standing.states(store, SANDBOX)
    held = {holding.run for holding in holdings(found)}
    forgotten = []
    for state in found:
        if state.end is not None and state.run not in held:
            continue
        try:
            control.forget(store, state.run, actor.worker(), why)
        except LockedError:
            continue  # somebody is at it, and will see that the world is another
        forgotten.append(state.run)
    return forgotten
