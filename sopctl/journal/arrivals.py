"""An exported run comes in: what of it is new here, and whether it is the same run at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sopctl.core.errors import AuditBrokenError
from sopctl.core.journal import Head, Record
from sopctl.journal.chain import Tail, check, check_head
from sopctl.journal.ledger import identity


@dataclass(frozen=True, slots=True)
class Arrival:
    """The records that are new here, and the newest epoch among all that came."""

    records: tuple[Record, ...]
    epoch: int


def arrival(
    head: Head, records: tuple[Record, ...], here: tuple[Head, tuple[Record, ...]] | None
) -> Arrival:
    """What to add to what is *here* of the same run.

    Raises AuditBrokenError, naming the place, if what came is broken, is another run of the same
    id, or both sides went on differently (a fork, which is never merged).
    """
    sound(head, records)
    epoch = max((record.epoch for record in records), default=0)
    if here is None:
        return Arrival(records, epoch)
    mine, have = here
    if identity(mine) != identity(head):
        raise AuditBrokenError(
            f"run {head.run} is another run here: created {mine.created} for target {mine.target}",
            hint="Find out which of the two is the real one; they are never merged.",
        )
    for ours, theirs in zip(have, records, strict=False):
        if ours.hash != theirs.hash:
            raise AuditBrokenError(
                f"run {head.run} forks at record {ours.seq}: both sides went on",
                hint="Compare both exports by hand; a fork is never merged.",
            )
    return Arrival(records[len(have) :], epoch)


def sound(head: Head, records: tuple[Record, ...]) -> None:
    """Raises AuditBrokenError at the first bad place of an exported run."""
    breaks = check(records, Tail(head.run)) + check_head(head, records)
    if breaks:
        raise AuditBrokenError(
            f"the journal is broken in {len(breaks)} places, first {breaks[0]}",
            hint="Get another copy of the export; this one is not what was recorded.",
        )
    if (planned := _planned_for(records)) not in ("", head.target):
        raise AuditBrokenError(
            f"run {head.run} is said to be of target {head.target}, and was planned for {planned}",
            hint="Nobody recorded that: this is a forgery.",
        )


def _planned_for(records: tuple[Record, ...]) -> str:
    """The target in the plan of the first record, if there is such a thing."""
    found: object = records[0].data if records else None
    for name in ("plan", "target", "name"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""
