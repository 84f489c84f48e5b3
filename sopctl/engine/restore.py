"""Plan the way back of a finished run, from what its journal says it changed.

Undo is derived, never written by hand: the before-image of every resource the run touched, compared
three ways when it is written. The stages and checks are the `return` of the very runbook that ran.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sopctl.core.action import AnyAction, Undo
from sopctl.core.clock import stamp
from sopctl.core.codec import Json, decode, encode
from sopctl.core.errors import RefusedError, TemporaryError, UsageError
from sopctl.core.plan import Fidelity, Plan, PlannedChange, PlannedStep
from sopctl.core.resource import Observed, ResourceId
from sopctl.core.runbook import DEFAULT_GUARDRAIL, ReturnEntry, ReturnKind, StepKind
from sopctl.engine.compare import GONE, judge
from sopctl.engine.holdings import Holding
from sopctl.engine.ports import Deps
from sopctl.engine.resolving import resolve
from sopctl.engine.state import Item, Phase, RunState, Work

THEIRS = "somebody else changed it between the plan and the run; what they set is restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """What to take back: *held* is everything open runs hold, *steps* (empty: all) a selection."""

    source: RunState
    way_back: Sequence[ReturnEntry]
    target: Mapping[str, Json]
    held: Sequence[Holding]
    steps: Sequence[str] = ()


def plan_return(asked: Return, deps: Deps) -> Plan:
    """The plan of a roll back; reads only. Raises UsageError for a step that is not there."""
    source = asked.source.plan
    assert source is not None
    if asked.source.end is None:
        raise UsageError(
            f"run {asked.source.run} has not ended", hint="Undo it: `sopctl rollback` does."
        )
    mine = (h for h in asked.held if h.run == asked.source.run and h.returning)
    if twice := next((h for h in mine if h.step in (asked.steps or (h.step,))), None):
        raise UsageError(
            f"run {asked.source.run} is being rolled back by run {twice.returning}",
            hint=f"Go on with that one: `sopctl resume {twice.returning}`.",
        )
    known = [work.key for work in asked.source.works if not work.back]
    for key in asked.steps:
        if key not in known:
            raise UsageError(
                f"run {asked.source.run} has no step {key}",
                hint=f"Its steps are {', '.join(known)}.",
            )
    steps: list[PlannedStep] = []
    for entry in asked.way_back or _newest_first(known):
        steps += _stage(entry, asked, deps, {step.source_step for step in steps})
    steps += _forgotten(asked, deps, {step.source_step for step in steps})
    return Plan(
        runbook=source.runbook,
        title=f"Roll back {source.title}",
        digest=source.digest,
        params=source.params,
        target=asked.target,
        steps=tuple(steps),
        facts=source.facts,
        made_at=stamp(deps.clock.now()),
        source_run=asked.source.run,
    )


def _newest_first(known: Sequence[str]) -> list[ReturnEntry]:
    return [ReturnEntry(kind=ReturnKind.RESTORE, restore=(key,)) for key in reversed(known)]


def _forgotten(asked: Return, deps: Deps, done: set[str]) -> list[PlannedStep]:
    """Steps that a hand-made `return` does not name are restored all the same, last."""
    entries = [
        entry
        for entry in _newest_first([w.key for w in asked.source.works if not w.back])
        if entry.restore[0] not in done
    ]
    return [step for entry in entries for step in _stage(entry, asked, deps, done)]


def _stage(entry: ReturnEntry, asked: Return, deps: Deps, done: set[str]) -> list[PlannedStep]:
    assert asked.source.plan is not None
    if entry.kind is not ReturnKind.RESTORE:
        assert entry.step is not None
        if asked.steps:
            return []
        step = resolve(entry.step, asked.source.plan.params, deps)
        # Its resources are found when it is their turn, after everything before it is restored.
        late = entry.kind is ReturnKind.USES
        bound = step.bound or DEFAULT_GUARDRAIL.count
        return [replace(step, barrier=True, late=late, bound=bound if late else 0)]
    steps: list[PlannedStep] = []
    for key in entry.restore:
        if key in done or (asked.steps and key not in asked.steps):
            continue
        work = asked.source.work(key)
        if work.plan.kind is not StepKind.ACTION:
            continue
        if work.plan.uses in deps.actions:
            steps += _restore(work, entry.canary, asked, deps)
        elif work.touched:
            raise RefusedError(
                f"step {key} uses {work.plan.uses}, which is not in the catalog",
                hint="Roll it back with the version of sopctl that ran it.",
            )
    return steps


def _restore(work: Work, canary: int, asked: Return, deps: Deps) -> list[PlannedStep]:
    action = deps.actions[work.plan.uses]
    step = replace(
        work.plan,
        id=f"restore:{work.key}",
        back=True,
        source_step=work.key,
        changes=(),
        joined=(),
        unchanged=(),
        notes=(),
        marks=work.marks,
        approve=None,
        barrier=False,
        needs=(),
        late=False,
        when="",
        late_when=False,
        skipped="",
        unplanned="",
        consent="",
    )
    if step.undo is not Undo.EXACT:
        return _left_behind(step, work, action)
    changes, left, notes = _changes(work, asked)
    if not changes and not left:
        return []
    step = replace(step, notes=tuple(notes), left=tuple(left))
    step, changes = _as_it_is_now(step, changes, action, deps)
    return _split(step, changes, canary)


def _left_behind(step: PlannedStep, work: Work, action: AnyAction) -> list[PlannedStep]:
    if not work.touched:
        return []
    why = (
        "their owners made new ones"
        if step.undo is Undo.OWNER_RECREATES
        else "there is no way back"
    )
    text = f"{len(work.touched)} {action.kind} not undone: {why}"
    return [replace(step, skipped=text, undoes=text)]


def _changes(work: Work, asked: Return) -> tuple[list[PlannedChange], list[ResourceId], list[str]]:
    """What this run has to give back, and what it leaves because others hold it too."""
    others: dict[ResourceId, list[str]] = {}
    mine: list[Holding] = []
    for holding in asked.held:
        if holding.run == asked.source.run and holding.step == work.key:
            mine.append(holding)
        elif holding.run != asked.source.run:
            others.setdefault(holding.resource, []).append(holding.run)
    changes, left, notes = [], [], []
    for holding in mine:
        if holders := others.get(holding.resource):
            notes.append(f"{holding.resource} stays: run {', '.join(holders)} still holds it")
            left.append(holding.resource)
            continue
        item = work.items.get(holding.resource)
        if item and item.moved:
            notes.append(f"{holding.resource}: {THEIRS}")
        changes.append(
            PlannedChange(
                resource=holding.resource,
                before=holding.settled,
                after=holding.before,
                evidence=_evidence(item),
            )
        )
    return changes, left, notes


def _evidence(item: Item | None) -> Mapping[str, Json]:
    if item is None:
        return {}
    if not item.unacked:
        return item.evidence
    return {**item.evidence, "unacked_since": stamp(max(item.unacked.values()))}


def _as_it_is_now(
    step: PlannedStep, changes: Sequence[PlannedChange], action: AnyAction, deps: Deps
) -> tuple[PlannedStep, list[PlannedChange]]:
    """Look at every resource: what is back already, gone, or changed by somebody else."""
    params = decode(action.params, step.params)
    try:
        seen = action.observe(deps.clients, params, [change.resource for change in changes])
    except TemporaryError as error:
        note = f"cannot be read now: {error.summary}"
        step = replace(step, fidelity=Fidelity.UNPLANNED, notes=(*step.notes, note))
        return step, list(changes)
    notes, unchanged = list(step.notes), []
    for change in changes:
        verdict = judge(action, params, _item(change), _seen(seen, change), back=True)
        if verdict.phase is Phase.UNCHANGED:
            unchanged.append(change.resource)
        elif verdict.phase in (Phase.CONFLICT, Phase.RESIDUE):
            now = encode(_seen(seen, change).state)
            notes.append(f"{change.resource}: {verdict.why} (now {now})")
    step = replace(step, notes=tuple(notes), unchanged=tuple(unchanged), fidelity=Fidelity.EXACT)
    return step, list(changes)


def _seen(seen: Mapping[ResourceId, Observed[Any]], change: PlannedChange) -> Observed[Any]:
    return seen.get(change.resource, GONE)


def _item(change: PlannedChange) -> Item:
    return Item(resource=change.resource, before=change.before, after=change.after)


def _split(step: PlannedStep, changes: list[PlannedChange], canary: int) -> list[PlannedStep]:
    """A few objects first, then the rest; the marks come off with the last."""
    wholes = list(dict.fromkeys(change.resource.whole for change in changes))
    if not canary or len(wholes) <= canary:
        return [replace(step, changes=tuple(changes))]
    first = set(wholes[:canary])
    head = [change for change in changes if change.resource.whole in first]
    tail = [change for change in changes if change.resource.whole not in first]
    return [
        replace(step, id=f"{step.id}:canary", changes=tuple(head), marks=(), notes=(), left=()),
        replace(step, changes=tuple(tail)),
    ]
