"""The hash chain of one run: seal entries into records, and find where a chain was broken.

A record's hash covers all its other fields and the hash before it, so an edit, a removal in the
middle, a swap, a copy or an insertion shows at its place. What one chain alone cannot show is a
tail that was cut off, or a chain that was computed anew from some record on: against these stand
the head kept beside each run and the ledger (see ``sopctl.journal.ledger``), and against somebody
who rewrites the whole store only what was published outside it.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sopctl.core.codec import Json, canonical
from sopctl.core.journal import GENESIS, Entry, Head, Record


class Part(StrEnum):
    """Which part of a journal a break is in."""

    RECORD = "record"
    HEAD = "head"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A bad place: *seq* is the record's seq, or the ledger's row number."""

    run: str
    seq: int
    what: str
    part: Part = Part.RECORD

    def __str__(self) -> str:
        run = f"run {self.run}, " if self.run else ""
        return f"{run}{self.part} {self.seq}: {self.what}"


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a run's chain, where the next record goes."""

    run: str
    seq: int = -1
    hash: str = GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A record as it lies in a store: *data* is text that may be anything."""

    run: str
    seq: int
    epoch: int
    at: str
    kind: str
    data: str
    prev: str
    hash: str

    def record(self) -> Record:
        """The record; raises ValueError if *data* is not the canonical JSON of a mapping."""
        data = json.loads(self.data)
        if not isinstance(data, dict) or canonical(data).decode() != self.data:
            raise ValueError("not canonical")
        return Record(
            run=self.run, seq=self.seq, epoch=self.epoch, at=self.at,
            kind=self.kind, data=data, prev=self.prev, hash=self.hash,
        )  # fmt: skip


def raw(record: Record) -> Raw:
    """*record* as a store writes it down."""
    return Raw(
        run=record.run, seq=record.seq, epoch=record.epoch, at=record.at, kind=record.kind,
        data=canonical(record.data).decode(), prev=record.prev, hash=record.hash,
    )  # fmt: skip


def seal(
    tail: Tail, entries: Sequence[Entry], *, epoch: int, at: str, scrub: Callable[[Json], Json]
) -> tuple[Record, ...]:
    """*entries* as the records that follow *tail*, with every string passed through *scrub*.

    Raises ValueError or TypeError if an entry cannot be written as JSON (NaN, an object).
    """
    records: list[Record] = []
    for entry in entries:
        data = scrub(entry.data)
        assert isinstance(data, dict)
        record = Record(
            run=tail.run, seq=tail.seq + 1, epoch=epoch, at=at,
            kind=entry.kind, data=data, prev=tail.hash,
        ).sealed()  # fmt: skip
        records.append(record)
        tail = Tail(record.run, record.seq, record.hash)
    return tuple(records)


def check(records: Iterable[Record | Raw], tail: Tail | None = None) -> tuple[Break, ...]:
    """Every bad place in one run's chain, in the order given; empty is sound.

    The chain goes on after *tail*; without one it starts at seq 0, and is the first record's
    run's. At most one break per record, the most telling one; it goes on after each.
    """
    chain = tuple(records)
    if not chain:
        return ()
    return tuple(_breaks(chain, tail or Tail(chain[0].run)))


def check_head(
    head: Head, records: Sequence[Record | Raw], tail: Tail | None = None
) -> tuple[Break, ...]:
    """Does the chain of *records* after *tail* end where the run's head says?"""
    last = records[-1] if records else tail or Tail(head.run)
    seq, found = last.seq, last.hash
    if seq < head.seq:
        what = f"records {seq + 1} to {head.seq} are missing at the end"
    elif seq > head.seq:
        what = f"the chain goes on to record {seq}"
    elif found != head.hash:
        what = "its hash is not that of the last record"
    else:
        return ()
    return (Break(run=head.run, seq=head.seq, what=what, part=Part.HEAD),)


def _breaks(records: tuple[Record | Raw, ...], tail: Tail) -> Iterator[Break]:
    present = sorted({record.seq for record in records})
    hashes: dict[int, str] = {tail.seq: tail.hash}
    want, epoch = tail.seq + 1, 0
    for record in records:
        place = _misplaced(record, want, hashes, present)
        what = (
            _foreign(record, tail.run)
            or place
            or _content(record)
            or _link(record, hashes)
            or ("its epoch is older than the one before" if record.epoch < epoch else "")
        )
        if what:
            yield Break(run=tail.run, seq=record.seq, what=what)
        else:
            epoch = record.epoch
        hashes.setdefault(record.seq, record.hash)
        want = max(want, record.seq + 1)


def _foreign(record: Record | Raw, run: str) -> str:
    return "" if record.run == run else f"it is of run {record.run}"


def _misplaced(record: Record | Raw, want: int, hashes: dict[int, str], present: list[int]) -> str:
    if record.seq == want:
        return ""
    if record.seq in hashes:
        same = hashes[record.seq] == record.hash
        return "it is there twice" if same else "a second record with this seq was inserted"
    here = bisect_left(present, record.seq) - bisect_left(present, want)
    if record.seq > want and record.seq - want > here:
        return f"records {want} to {record.seq - 1} before it are missing"
    return "it is out of order"


def _content(record: Record | Raw) -> str:
    if isinstance(record, Raw):
        try:
            record = record.record()
        except (ValueError, RecursionError):
            return "its data is not canonical JSON"
    try:
        sound = record.computed() == record.hash
    except (ValueError, TypeError):
        return "its data is not canonical JSON"
    return "" if sound else "it was edited: its hash is not that of its content"


def _link(record: Record | Raw, hashes: dict[int, str]) -> str:
    before = hashes.get(record.seq - 1, record.prev)  # a missing one is reported already
    if record.prev == before:
        return ""
    if record.seq == 0:
        return "it is not a first record: something before it was removed"
    return f"it does not follow record {record.seq - 1}: that one was replaced or inserted"
