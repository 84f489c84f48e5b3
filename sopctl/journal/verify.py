"""Is what the journal says what was recorded? Every bad place, not only the first.

What one file can show: an edit, a removal, a swap, a copy or an insertion anywhere; a tail that
was cut off; a chain computed anew; a run that vanished; an edited head. What it cannot show: that
somebody who can write the file computed everything anew, the ledger included, or put an older copy
in its place. Against that stands only what was published elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from sopctl.core.codec import canonical
from sopctl.core.errors import AuditBrokenError
from sopctl.core.journal import Head, Record
from sopctl.journal.chain import Break, Part, Raw, Tail, check, check_head
from sopctl.journal.ledger import Checkpoint, LedgerEnd, check_ledger

# Kinds of records that the engine writes; see ``docs/reference/journal-format.md``.
END, INTENT, UNDO, PARKED = "end", "intent", "undo", "parked"
ANSWERS = ("result", "found")
GIVEN_UP = ("ended", "forgotten")  # why a run is parked that a person ends as it stands

# The records of a run, or why they cannot be read.
_Stored: TypeAlias = "tuple[Raw, ...] | str"


class Audited(Protocol):
    """What is needed of a store to verify it; nothing is checked on the way out."""

    def snapshot(self) -> AbstractContextManager[None]: ...
    def runs(self) -> tuple[Head, ...]: ...
    def raw(self, run: str) -> tuple[Raw, ...]: ...
    def ledger(self) -> tuple[tuple[Checkpoint, ...], LedgerEnd]: ...
    def strays(self) -> tuple[tuple[str, int], ...]: ...
    def integrity(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """One run: how many records, whether it has ended, and every bad place."""

    run: str
    records: int
    ended: bool
    breaks: tuple[Break, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that was looked at. *ledger* are breaks across runs, *file* is what SQLite found."""

    runs: tuple[RunReport, ...]
    ledger: tuple[Break, ...]
    file: tuple[str, ...] = ()

    @property
    def breaks(self) -> tuple[Break, ...]:
        return (*(found for run in self.runs for found in run.breaks), *self.ledger)

    @property
    def sound(self) -> bool:
        return not self.breaks and not self.file


def verify(store: Audited, runs: Collection[str] | None = None) -> Report:
    """Check *runs* (None: all) and the ledger, as of one moment; raises AuditUnavailableError."""
    with store.snapshot():
        try:
            heads = {head.run: head for head in store.runs()}
        except AuditBrokenError as error:
            return Report(runs=(), ledger=(), file=(str(error),))
        wanted = tuple(heads) if runs is None else tuple(runs)
        stored = {run: _stored(store, run) for run in wanted}
        try:
            ledger = _ledger_breaks(store, heads, stored)
            file = store.integrity() if runs is None else ()
        except AuditBrokenError as error:
            ledger, file = (), (str(error),)
    reports = tuple(_run_report(run, heads.get(run), stored[run]) for run in wanted)
    return Report(runs=reports, ledger=ledger, file=file)


def _ledger_breaks(
    store: Audited, heads: Mapping[str, Head], stored: Mapping[str, _Stored]
) -> tuple[Break, ...]:
    ledger, end = store.ledger()
    hashes = {
        run: {raw.seq: raw.hash for raw in rows}
        for run, rows in stored.items()
        if not isinstance(rows, str) and run in heads
    }
    strays = (
        Break(run=run, seq=seq, what="its run was removed")
        for run, seq in store.strays()
        if run not in stored
    )
    return (*check_ledger(ledger, end, tuple(heads.values()), hashes), *strays)


def unanswered(records: Sequence[Record]) -> tuple[int, ...]:
    """The seqs of intents for which no later record says what became of each resource.

    A person may end a run as it stands, or have a step undone, while that is not known: then it is
    said that nobody knows, and whoever takes it back looks first.
    """
    pending: dict[tuple[str, bytes], int] = {}
    for record in records:
        if record.kind == INTENT:
            pending |= dict.fromkeys(_resources(record.data), record.seq)
        elif record.kind in ANSWERS:
            for key in _resources(record.data):
                pending.pop(key, None)
        elif record.kind == UNDO:
            undone = _works(record.data)
            pending = {key: seq for key, seq in pending.items() if key[0] not in undone}
        elif record.kind == PARKED and record.data.get("why") in GIVEN_UP:
            pending.clear()
    return tuple(sorted(set(pending.values())))


def has_ended(records: Sequence[Record | Raw]) -> bool:
    """Is there an end, with no intent after it?"""
    marks = [record.kind for record in records if record.kind in (END, INTENT)]
    return bool(marks) and marks[-1] == END


def _stored(store: Audited, run: str) -> _Stored:
    try:
        return store.raw(run)
    except AuditBrokenError as error:
        return str(error)


def _run_report(run: str, head: Head | None, stored: _Stored) -> RunReport:
    if isinstance(stored, str):
        damage = (Break(run=run, seq=-1, what=stored),)
        return RunReport(run=run, records=0, ended=False, breaks=damage)
    if head is None:
        breaks: tuple[Break, ...] = (
            Break(run=run, seq=-1, what="there is no such run", part=Part.HEAD),
        )
    else:
        breaks = check(stored, Tail(run)) + check_head(head, stored)
    ended = has_ended(stored)
    if ended and not breaks:
        breaks = tuple(
            Break(run=run, seq=seq, what="the run ended, but nothing says what became of it")
            for seq in unanswered([raw.record() for raw in stored])
        )
    return RunReport(run=run, records=len(stored), ended=ended, breaks=breaks)


# Record data is JSON whose shape the engine owns; what does not look like it is not counted.
def _works(data: Mapping[str, Any]) -> frozenset[str]:
    works = data.get("works")
    return frozenset(map(str, works)) if isinstance(works, list | tuple) else frozenset()


def _resources(data: Mapping[str, Any]) -> list[tuple[str, bytes]]:
    items = data.get("items", ())
    return [
        (str(data.get("work", "")), canonical(item["resource"]))
        for item in items
        if isinstance(item, Mapping) and "resource" in item
    ]
