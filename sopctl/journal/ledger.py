"""The ledger: one hash chain over the heads of all runs of a store.

Every creation, append and import of a run adds a checkpoint in the same transaction. With it a
run that vanished, a tail that was cut off together with its head, and a chain that was computed
anew are found, with their place. As far as one file can tell: who can write the file can compute
*everything* anew, or put an older copy of the whole file in its place, and nothing inside can show
it. Only a ledger end that was published elsewhere does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sopctl.core.codec import Json, digest
from sopctl.core.journal import GENESIS, Head
from sopctl.journal.chain import Break, Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Row *n*: at that time the chain of *run* ended at *seq* with the hash *head*.

    Seq -1 is the creation of the run; *head* is then the digest of what it was created as.
    """

    n: int
    at: str
    run: str
    seq: int
    head: str
    prev: str
    hash: str = ""

    def sealed(self) -> Checkpoint:
        return replace(self, hash=self.computed())

    def computed(self) -> str:
        body: dict[str, Json] = {
            "n": self.n, "at": self.at, "run": self.run,
            "seq": self.seq, "head": self.head, "prev": self.prev,
        }  # fmt: skip
        return digest(body)


@dataclass(frozen=True, slots=True)
class LedgerEnd:
    """The last checkpoint's number and hash, kept beside the ledger."""

    n: int = -1
    hash: str = GENESIS


def checkpoint(end: LedgerEnd, run: str, seq: int, head: str, at: str) -> Checkpoint:
    """The next checkpoint after *end*."""
    return Checkpoint(n=end.n + 1, at=at, run=run, seq=seq, head=head, prev=end.hash).sealed()


def identity(head: Head) -> str:
    """The digest of what a run was created as, which no record's hash covers."""
    return digest([head.run, head.target, head.runbook, head.created])


def check_ledger(
    ledger: Sequence[Checkpoint],
    end: LedgerEnd,
    heads: Sequence[Head],
    hashes: Mapping[str, Mapping[int, str]],
) -> tuple[Break, ...]:
    """Every place where the ledger is broken, or where it and the runs disagree.

    *hashes* has, per run that is looked at, the hash of each record by seq; of other runs only
    the existence is checked.
    """
    return (
        *_chain(ledger, end),
        *_against_runs(ledger, {head.run: head for head in heads}, hashes),
        *_runs_against(ledger, heads),
    )


def _broken(row: Checkpoint, what: str) -> Break:
    return Break(run=row.run, seq=row.n, what=what, part=Part.LEDGER)


def _chain(ledger: Sequence[Checkpoint], end: LedgerEnd) -> Iterator[Break]:
    last = LedgerEnd()
    for row in ledger:
        if row.n > last.n + 1:
            yield _broken(row, f"rows {last.n + 1} to {row.n - 1} before it are missing")
        elif row.computed() != row.hash:
            yield _broken(row, "it was edited: its hash is not that of its content")
        elif row.prev != last.hash:
            yield _broken(row, f"it does not follow row {last.n}: that one was replaced")
        last = LedgerEnd(row.n, row.hash)
    if last != end:
        what = f"rows {last.n + 1} to {end.n} are missing at the end"
        if last.n >= end.n:
            what = f"the ledger's kept end is row {end.n}, and is not this one"
        yield Break(run="", seq=last.n, what=what, part=Part.LEDGER)


def _against_runs(
    ledger: Sequence[Checkpoint],
    heads: Mapping[str, Head],
    hashes: Mapping[str, Mapping[int, str]],
) -> Iterator[Break]:
    gone: set[str] = set()
    for row in ledger:
        if row.run not in heads:
            if row.run not in gone:
                yield _broken(row, "the run was removed")
            gone.add(row.run)
        elif row.seq < 0:
            if row.head != identity(heads[row.run]):
                yield _broken(row, "the run's target, runbook or creation time was edited")
        elif row.run in hashes:
            found = hashes[row.run].get(row.seq)
            if found is None:
                yield _broken(row, f"record {row.seq} was there and is missing now")
            elif found != row.head:
                yield _broken(row, f"record {row.seq} was another one then")


def _runs_against(ledger: Sequence[Checkpoint], heads: Sequence[Head]) -> Iterator[Break]:
    reached: dict[str, int] = {}
    for row in ledger:
        reached[row.run] = max(row.seq, reached.get(row.run, -1))
    for head in heads:
        if head.run not in reached:
            what = "the ledger does not know the run"
        elif head.seq > reached[head.run]:
            what = f"the ledger ends at its record {reached[head.run]}"
        else:
            continue
        yield Break(run=head.run, seq=head.seq, what=what, part=Part.HEAD)
