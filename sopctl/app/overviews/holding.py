"""What sopctl has open or in place on a target, as its journal tells it; claims nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from sopctl.core.journal import Store
from sopctl.core.overview import Held
from sopctl.engine.fold import fold
from sopctl.engine.holdings import Holding, holdings
from sopctl.engine.state import RunState


def held(store: Store, target: str, now: datetime, known: dict[str, RunState]) -> tuple[Held, ...]:
    """The runs of *target* that are open or have changes in place, oldest first.

    *known* is kept from look to look: a journal that has not grown is not folded again.
    """
    found = list(_states(store, target, known))
    mine = holdings(found)
    rows = ((state, [each for each in mine if each.run == state.run]) for state in found)
    return tuple(_held(state, some, now) for state, some in rows if some or state.end is None)


def _states(store: Store, target: str, known: dict[str, RunState]) -> Iterator[RunState]:
    for head in store.runs():
        if head.target != target:
            continue
        state = known.get(head.run)
        if state is None or state.seq != head.seq:
            state = known[head.run] = fold(head.run, store.read(head.run))
        if state.plan is not None:
            yield state


def _held(state: RunState, mine: Sequence[Holding], now: datetime) -> Held:
    assert state.plan is not None
    header, within = state.header, state.plan.revert_within
    age = (now - state.started).total_seconds() if state.started else 0.0
    parked = state.parked if state.end is None else None
    return Held(
        run=state.run,
        runbook=state.plan.runbook,
        state="in place" if state.end else "parked" if parked else "open",
        who=f"{header.get('user', '?')}@{header.get('host', '?')}",
        age=age,
        due=within - age if within and mine else None,
        incident=str(header.get("incident") or ""),
        waits=f"{parked['why']}: {parked['detail']}" if parked else "",
        takes_back=state.plan.source_run,
        steps=tuple(Counter(each.step for each in mine).items()),
    )
