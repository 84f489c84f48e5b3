"""Write some resources of a step: look, record the intent of all, send, record the answers.

The order is the safety: a write is conditional on a state that was observed before the intent was
appended under the lease, and nothing is sent that is not durable in the journal.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from sopctl.core.action import AnyAction, AnyChange, Receipt, ReceiptKind
from sopctl.core.codec import Json, digest, encode
from sopctl.core.errors import (
    FencedError,
    PermissionDeniedError,
    ProviderError,
    SopError,
    TemporaryError,
)
from sopctl.core.journal import Entry, Record
from sopctl.core.resource import Observed, ResourceId
from sopctl.engine import records
from sopctl.engine.compare import GONE, Judgement, judge
from sopctl.engine.session import Session
from sopctl.engine.state import Item, Phase, Work

Write = tuple[AnyChange, str]  # with its op id
Answer = tuple[ResourceId, str, Receipt]
UNREADABLE = (ProviderError, PermissionDeniedError)  # what a read may say instead of an answer
FOLLOW = 30.0  # seconds within which a change that was accepted must show up in reads


def told(error: SopError) -> str:
    """What it is and what now, where only a sentence is kept of it."""
    return f"{error.summary} ({error.hint})" if error.hint else error.summary


def write_window(session: Session, work: Work, ids: Sequence[ResourceId]) -> bool:
    """Look at *ids* and write what the rules say; False if there was nothing to do but wait."""
    items = [work.items[i] for i in ids]
    asked = session.deps.clock.now()  # an answer that was long on its way is of then
    try:
        seen = look(session, work, ids)
    except UNREADABLE as error:
        if session.bears(work, error):
            return False
        rows = [(i, Phase.FAILED, None, f"cannot be read: {told(error)}") for i in ids]
        session.append(records.found(work.key, rows))
        return True
    session.heard(work)
    entries, writes = _conclude(session, work, items, seen, asked)
    writes = _restorable(session, work, writes, session.append(*entries))
    if writes and "observe_first" not in session.deps.protections:
        writes = _seen_again(session, work, writes)
    if writes:
        _send(session, work, writes)
    return bool(entries)


def _restorable(
    session: Session, work: Work, writes: list[Write], appended: Sequence[Record]
) -> list[Write]:
    """Only what the journal could keep word for word: a before-image that it redacted is lost."""
    kept = {
        row["op"]: row
        for record in appended
        if record.kind == records.INTENT
        for row in cast("Any", record.data["items"])
    }
    lost = [
        (change, op)
        for change, op in writes
        if kept[op]["before"] != records.image(change.before.state)
        or kept[op]["after"] != records.image(change.after)
    ]
    if lost:
        why = "looks like a secret, which the journal does not keep, so it could not be restored"
        silence = Receipt(kind=ReceiptKind.REJECTED, why=why)
        rows = [(change.resource, op, silence) for change, op in lost]
        session.append(records.result(work.key, rows))
    return [write for write in writes if write not in lost]


def _seen_again(session: Session, work: Work, writes: Sequence[Write]) -> list[Write]:
    """What a careless engine does: condition the write on a state seen after the append.

    Only the tests come here, to show that a paused process then overwrites its successor's work.
    """
    seen = look(session, work, [change.resource for change, _ in writes])
    return [(replace(change, before=seen[change.resource]), op) for change, op in writes]


def look(
    session: Session, work: Work, ids: Sequence[ResourceId]
) -> Mapping[ResourceId, Observed[Any]]:
    """Observe by id; an id that does not come back is gone."""
    action = session.action(work)
    session.deps.point(f"before observe {work.key}")
    seen = action.observe(session.deps.clients, session.params(work), ids)
    session.deps.point(f"after observe {work.key}")
    return {i: seen.get(i, GONE) for i in ids}


def _conclude(
    session: Session,
    work: Work,
    items: Sequence[Item],
    seen: Mapping[ResourceId, Observed[Any]],
    asked: datetime,
) -> tuple[list[Entry], list[Write]]:
    action, params = session.action(work), session.params(work)
    compare = "compare" in session.deps.protections
    rows: list[tuple[ResourceId, str, Json, str]] = []
    writes: list[Write] = []
    moved: dict[ResourceId, Json] = {}
    for item in items:
        found = seen[item.resource]
        verdict = judge(action, params, item, found, back=work.back, compare=compare)
        verdict = _out_of_patience(action, item, verdict, asked)
        if verdict.phase:
            rows.append((item.resource, verdict.phase, records.image(found.state), verdict.why))
        elif verdict.change:
            op = digest([session.state.run, work.key, encode(item.resource), item.attempts])[:32]
            writes.append((verdict.change, op))
            if verdict.moved:
                moved[item.resource] = item.before
    entries = [records.found(work.key, rows)] if rows else []
    if writes:
        entries.append(records.intent(work.key, writes, moved))
    return entries, writes


def _out_of_patience(
    action: AnyAction, item: Item, verdict: Judgement, asked: datetime
) -> Judgement:
    """What was not possible, or had not shown up, for too long counts as failed."""
    if verdict.phase:
        return verdict
    if verdict.change is None:
        limit = action.patience if item.phase is Phase.ACCEPTED else FOLLOW
        if item.changed_at and (asked - item.changed_at).total_seconds() > limit:
            how = "written" if item.attempts else "said to be done by hand"
            return Judgement(Phase.FAILED, why=f"{how}, but the change did not follow")
    elif item.first_try and (asked - item.first_try).total_seconds() > action.patience:
        how = f"not possible for {action.patience:.0f} s" if action.patience else "not tried again"
        return Judgement(Phase.FAILED, why=f"{how}: {item.why}")
    return verdict


def _send(session: Session, work: Work, writes: Sequence[Write]) -> None:
    """No more at once than the action says; after a signal the rest is left to the next leg."""
    action = session.action(work)
    waiting = deque(writes[i : i + action.batch] for i in range(0, len(writes), action.batch))
    running: set[Future[list[Answer]]] = set()
    failure: BaseException | None = None
    try:
        while running or waiting:
            if failure:
                waiting.clear()
            elif session.deps.stopping():
                _hold_back(session, work, waiting)
            while waiting and len(running) < action.concurrency:
                chunk = waiting.popleft()
                running.add(session.deps.pool.submit(_converge, session, work, action, chunk))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            answers: list[Answer] = []
            for future in done:
                if error := future.exception():
                    failure = failure or error
                else:
                    answers += future.result()
            session.keeper.beat()
            if answers:
                session.append(records.result(work.key, answers))
    finally:  # what cannot be recorded any more is not sent, and nothing is left in flight
        for future in running:
            future.cancel()
        wait(running)
    if failure:
        raise failure


def _hold_back(session: Session, work: Work, waiting: deque[Sequence[Write]]) -> None:
    """Record that these were not sent, so that nobody has to wait for them to land."""
    silence = Receipt(kind=ReceiptKind.NOT_YET, why="not sent: the leg was about to end")
    rows = [(change.resource, op, silence) for chunk in waiting for change, op in chunk]
    waiting.clear()
    if rows:
        session.append(records.result(work.key, rows))


def _converge(
    session: Session, work: Work, action: AnyAction, writes: Sequence[Write]
) -> list[Answer]:
    """Send one batch; a change without an answer is unknown."""
    ops = {change.resource: op for change, op in writes}
    changes = [change for change, _ in writes]
    call = session.call(work, [op for _, op in writes])
    receipts: dict[ResourceId, Receipt] = {}
    silence = Receipt(kind=ReceiptKind.UNKNOWN, why="no answer")
    session.deps.point(f"before converge {work.key}")
    try:
        receipts.update(action.converge(call, session.deps.clients, changes))
    except FencedError:
        raise
    except TemporaryError as error:  # which of the batch left is not known
        silence = Receipt(kind=ReceiptKind.UNKNOWN, why=error.summary, after=2.0)
    except SopError as error:
        silence = Receipt(kind=ReceiptKind.UNKNOWN, why=error.summary)
    session.deps.point(f"after converge {work.key}")
    return [(i, op, receipts.get(i, silence)) for i, op in ops.items()]
