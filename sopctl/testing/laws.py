"""The laws of actions, proved for any action over a world that counts and dumps.

* *select* and *observe* change nothing: the server saw no changing call, the world's dump is equal;
* after *converge*, *observe* satisfies what was desired;
* what is desired is still desired once it is there;
* *converge* back to what was observed at first restores it, field by field;
* *converge* to what is already so changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sopctl.core.action import AnyAction, AnyChange, Call, Change, Receipt, ReceiptKind, Undo
from sopctl.core.codec import Json, decode, encode
from sopctl.core.resource import ABSENT, Observed, ResourceId, Selection


class Bench(Protocol):
    """A world under observation: *mutations* as the server counted them, *dump* of its state."""

    @property
    def clients(self) -> object: ...

    def mutations(self) -> int: ...

    def dump(self) -> Json: ...


@dataclass(frozen=True)
class Proof:
    """What was found on the way, for further assertions of the caller."""

    selection: Selection
    before: Mapping[ResourceId, Observed[Any]]
    settled: Mapping[ResourceId, Observed[Any]]
    receipts: Mapping[ResourceId, Receipt]


def call(op: str = "op", guard: Callable[[], None] = lambda: None) -> Call:
    """A call as the engine makes it, with a lease that holds."""
    return Call(run="01LAWS", step="step", op_id=op, guard=guard)


def prove(action: AnyAction, bench: Bench, params: object) -> Proof:
    """Prove all laws; raises AssertionError naming the one that is broken."""
    clients = bench.clients
    selection, before = _reading_changes_nothing(action, bench, params)
    start = bench.dump()
    forward = changes_of(action, params, selection.ids, before)
    assert forward, "the laws say nothing about an empty selection: choose another world"
    receipts = run(action, clients, forward, "forward")
    assert {r.kind for r in receipts.values()} == {ReceiptKind.DONE}, receipts
    settled = action.observe(clients, params, selection.ids)
    _converged(action, params, forward, settled)
    _changes_nothing_when_so(action, bench, forward, settled)
    given = encode(params)
    assert isinstance(given, Mapping)
    if action.undo_with(given) is Undo.EXACT:
        _restores(action, bench, params, forward, settled)
        assert bench.dump() == start, "the way back left something behind in the world"
    return Proof(selection, before, settled, receipts)


def run(
    action: AnyAction, clients: object, changes: Sequence[AnyChange], op: str = "op"
) -> dict[ResourceId, Receipt]:
    """Converge *changes* in batches as the engine does, asking for the order after each."""
    receipts: dict[ResourceId, Receipt] = {}
    left = list(changes)
    while left:
        batch = list(action.order(left)[0]) if action.order else left
        batch = batch[: action.batch]
        assert batch, "an order without a first batch never ends"
        got = dict(action.converge(call(f"{op}-{len(left)}"), clients, batch))
        assert got.keys() == {each.resource for each in batch}, "a change without a receipt"
        receipts |= got
        left = [each for each in left if each.resource not in got]
    return receipts


def _reading_changes_nothing(
    action: AnyAction, bench: Bench, params: object
) -> tuple[Selection, Mapping[ResourceId, Observed[Any]]]:
    count, dump = bench.mutations(), bench.dump()
    selection = action.select(bench.clients, params)
    before = action.observe(bench.clients, params, selection.ids)
    assert bench.mutations() == count, "select or observe sent a changing call"
    assert bench.dump() == dump, "select or observe changed the world"
    assert len(set(selection.ids)) == len(selection.ids), "a resource was selected twice"
    assert len({i.whole for i in selection.ids}) <= selection.population, "more than there are"
    for observed in before.values():
        _survives_the_journal(action, observed)
    return selection, before


def _survives_the_journal(action: AnyAction, observed: Observed[Any]) -> None:
    encode(observed.evidence)
    if observed.state is not ABSENT:
        assert decode(action.state, encode(observed.state)) == observed.state


def changes_of(
    action: AnyAction,
    params: object,
    ids: Sequence[ResourceId],
    observed: Mapping[ResourceId, Observed[Any]],
) -> list[AnyChange]:
    changes = []
    for each in ids:
        if each in observed and not observed[each].gone:
            after = action.desire(params, each, observed[each])
            if not action.satisfies(after, observed[each].state):
                changes.append(Change(each, observed[each], after))
    return changes


def _converged(
    action: AnyAction,
    params: object,
    changes: Sequence[AnyChange],
    settled: Mapping[ResourceId, Observed[Any]],
) -> None:
    for each in changes:
        seen = settled.get(each.resource, Observed(ABSENT, gone=True))
        assert action.satisfies(each.after, seen.state), f"{each.resource} did not converge"
        if not seen.gone:
            again = action.desire(params, each.resource, seen)
            assert action.satisfies(again, seen.state), f"{each.resource} is desired otherwise now"


def _changes_nothing_when_so(
    action: AnyAction,
    bench: Bench,
    changes: Sequence[AnyChange],
    settled: Mapping[ResourceId, Observed[Any]],
) -> None:
    so = [
        Change(e.resource, settled[e.resource], settled[e.resource].state)
        for e in changes
        if e.resource in settled and not settled[e.resource].gone
    ]
    dump = bench.dump()
    if so:
        run(action, bench.clients, so, "again")
    assert bench.dump() == dump, "converging to what is so changed the world"


def _restores(
    action: AnyAction,
    bench: Bench,
    params: object,
    changes: Sequence[AnyChange],
    settled: Mapping[ResourceId, Observed[Any]],
) -> None:
    back = [Change(e.resource, settled[e.resource], e.before.state) for e in changes]
    receipts = run(action, bench.clients, back, "back")
    assert {r.kind for r in receipts.values()} == {ReceiptKind.DONE}, receipts
    now = action.observe(bench.clients, params, [e.resource for e in changes])
    for each in changes:
        assert now[each.resource].state == each.before.state, f"{each.resource} is not as before"
