"""Keep a mitigation alive: see what was reverted, renew what ends, add what appears later.

A run ends when its barriers are met. `sopctl watch` then looks again and again: a node that joins a
cordoned zone has to be cordoned too. That is done in the same run, within the bound that the plan
showed, so that the same roll back takes it back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sopctl.core.clock import stamp
from sopctl.core.codec import Json, decode
from sopctl.core.errors import ProviderError, RefusedError
from sopctl.core.journal import Entry, Holder
from sopctl.core.plan import PlannedChange
from sopctl.core.resource import Observed, ResourceId
from sopctl.engine import records
from sopctl.engine.compare import GONE, state_of
from sopctl.engine.finding import find
from sopctl.engine.fold import fold
from sopctl.engine.guardrails import objects
from sopctl.engine.holdings import Holding, holdings
from sopctl.engine.joining import beside, refuse_returning
from sopctl.engine.leg import claim
from sopctl.engine.ports import Deps
from sopctl.engine.state import Item, Outcome, Phase, RunEnd, RunState, Work

_KEPT = (RunEnd.DONE, RunEnd.PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverted:
    """A resource of a run that is not any more as the run left it."""

    step: str
    resource: ResourceId
    ours: Json
    now: Json
    gone: bool
    by: str = ""  # who wrote it last, as far as it tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one look at a run found: *added* resources are being applied, *beyond* are not.

    *renewed*: what would end by itself soon, and is being written again.
    """

    reverted: tuple[Reverted, ...] = ()
    added: int = 0
    renewed: int = 0
    beyond: tuple[str, ...] = ()  # sentences about steps whose bound is reached, or held by others
    unread: tuple[str, ...] = ()  # sentences about what could not be looked at
    over: bool = False  # nothing is in place any more


def look_again(run: str, deps: Deps) -> Round:
    """One round. When something was *added*, a leg has to carry it out."""
    states = [fold(head.run, deps.store.read(head.run)) for head in deps.store.runs()]
    state = next(each for each in states if each.run == run)
    everything = holdings(states)
    held = {h.resource for h in everything if h.run == run and not h.returning}
    if not held or state.end not in _KEPT:
        return Round(over=not held)
    standing = _standing(state, held, deps)
    others = [h for h in everything if h.run != run]
    fresh, beyond, unseen = _newcomers(state, others, deps)
    entries = [*standing.due.items(), *fresh.items()]
    if entries:
        _reopen(state, [records.more(key, changes) for key, changes in entries], deps)
    return Round(
        reverted=_blamed(standing.reverted, deps),
        added=sum(map(len, fresh.values())),
        renewed=sum(map(len, standing.due.values())),
        beyond=tuple(beyond),
        unread=(*standing.unread, *unseen),
    )


@dataclass(slots=True)
class _Standing:
    """What became of what the run holds; *due* for renewal are changes by step."""

    reverted: list[Reverted] = field(default_factory=list)
    due: dict[str, list[PlannedChange]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


def _standing(state: RunState, held: set[ResourceId], deps: Deps) -> _Standing:
    found = _Standing()
    for work in state.works:
        items = [i for i in work.items.values() if i.phase is Phase.SETTLED and i.resource in held]
        if work.back or not items:
            continue
        action = deps.actions[work.plan.uses]
        params = decode(action.params, work.plan.params)
        try:
            seen = action.observe(deps.clients, params, [item.resource for item in items])
        except ProviderError as error:
            found.unread.append(f"{work.key}: {error.summary}")
            continue
        for item in items:
            now = seen.get(item.resource, GONE)
            if now.gone or not action.satisfies(state_of(action, item.settled), now.state):
                found.reverted.append(_reverted(work, item, now))
            elif action.renew and (longer := action.renew(params, item.resource, now)):
                found.due.setdefault(work.key, []).append(_renewal(item, now, longer))
    return found


def _reverted(work: Work, item: Item, now: Observed[Any]) -> Reverted:
    return Reverted(
        step=work.key,
        resource=item.resource,
        ours=item.settled,
        now=records.image(now.state),
        gone=now.gone,
    )


def _blamed(found: Sequence[Reverted], deps: Deps) -> tuple[Reverted, ...]:
    """The same with who did it; of what is gone nobody can tell."""
    who = deps.blame([each.resource for each in found if not each.gone]) if found else {}
    return tuple(replace(each, by=who.get(each.resource, "")) for each in found)


def _renewal(item: Item, now: Observed[Any], longer: object) -> PlannedChange:
    return PlannedChange(
        resource=item.resource,
        before=records.image(now.state),
        after=records.image(longer),
        evidence=now.evidence,
    )


def _newcomers(
    state: RunState, held: Sequence[Holding], deps: Deps
) -> tuple[dict[str, list[PlannedChange]], list[str], list[str]]:
    entries: dict[str, list[PlannedChange]] = {}
    beyond, unread = [], []
    for work in state.works:
        if not _kept(work):
            continue
        try:
            found = find(deps, work.plan, work.plan.params)
            refuse_returning(found, held)
            found = beside(deps.actions[work.plan.uses], found, held)
        except ProviderError as error:
            unread.append(f"{work.key}: {error.summary}")
            continue
        except RefusedError as error:
            beyond.append(f"{work.key}: {error.summary}")
            continue
        fresh = [change for change in found.changes if change.resource not in work.items]
        if not fresh:
            continue
        if _within(work, fresh):
            entries[work.key] = fresh
        else:
            beyond.append(f"{work.key} would go beyond its {work.plan.bound} objects")
    return entries, beyond, unread


def _kept(work: Work) -> bool:
    done = work.outcome in (Outcome.APPLIED, Outcome.UNCHANGED)
    return work.plan.keep and done and not work.back and not work.superseded


def _within(work: Work, fresh: Sequence[PlannedChange]) -> bool:
    return objects((*work.items, *(change.resource for change in fresh))) <= work.plan.bound


def _reopen(state: RunState, entries: Sequence[Entry], deps: Deps) -> None:
    """Append to a run that has ended; unless somebody is at it, or it has grown meanwhile."""
    lease = claim(state.run, deps)
    if isinstance(lease, Holder):
        return
    try:
        deps.on_records(deps.store.append(lease, state.seq, entries, stamp(deps.clock.now())))
    finally:
        deps.store.release(lease)
