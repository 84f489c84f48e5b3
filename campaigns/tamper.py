"""Somebody edits the journal: every kind of edit, in every field, and what `audit verify` says.

The editor knows the format, can write the file, and cleans up after himself. An edit has to be
detected, and an edited record named. Kinds that one file alone cannot show are listed in BLIND,
and kept in the figure as what they are; of these, an edit of the journal itself has to be found by
the end of the ledger if somebody noted it elsewhere.
"""

from __future__ import annotations

import random
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import cycle
from pathlib import Path

from campaigns.edits import BLIND, BYTE, EDITS, EXPORT, LEASES, OLDER, REWRITES
from campaigns.forging import MANY, NAME, Journal, ask, changed, content, journal
from campaigns.frame import Campaign, Played, command, scratch
from sopctl.core.errors import AuditBrokenError, AuditUnavailableError
from sopctl.journal.export import from_jsonl, to_jsonl
from sopctl.journal.sqlite import SqliteStore
from sopctl.journal.verify import verify

Case = tuple[int, str, int]  # seed of the journal, kind of edit, draw


def cases(seed: int) -> Iterator[Case]:
    """Every kind of edit in turn, without end; another journal now and then."""
    kinds = (*EDITS, *REWRITES, *LEASES, OLDER, *(BYTE,) * 8, *(EXPORT,) * 4)
    for draw, kind in enumerate(cycle(kinds)):
        yield seed + draw // MANY, kind, draw


def play(case: Case) -> Played:
    """Edit, and verify."""
    seed, kind, _draw = case
    honest, dice = journal(seed), random.Random(f"{case}")
    if kind == EXPORT:
        return _exported(honest, dice)
    with scratch() as made:
        path = Path(made) / "state" / NAME
        path.parent.mkdir(mode=0o700)
        path.touch(0o600)
        path.write_bytes(_edited(path, kind, honest, dice))
        said, anchored, same = _looked_at(path, honest)
    if same and kind in (BYTE, *LEASES):
        return Played((f"{kind}: changes nothing that was recorded",))
    if said:
        wrong = f"{kind}: it is detected, and was thought not to be" if kind in BLIND else ""
        return Played((f"{kind}: detected",), wrong)
    wrong = "" if kind in BLIND and anchored else f"{kind}: not detected"
    return Played((f"{kind}: not detected without an anchor",), wrong)


def _edited(path: Path, kind: str, honest: Journal, dice: random.Random) -> bytes:
    if kind == OLDER:
        return honest.older
    if kind == BYTE:
        data = bytearray(honest.now)
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        return bytes(data)
    path.write_bytes(honest.now)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        triggers = ask(db, "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        db.execute("PRAGMA journal_mode = DELETE")
        for name, _sql in triggers:
            db.execute(f"DROP TRIGGER {name}")
        (EDITS | REWRITES | LEASES)[kind](db, dice, honest)
        for _name, sql in triggers:
            db.execute(str(sql))
        db.execute("PRAGMA journal_mode = WAL")
    return path.read_bytes()


def _looked_at(path: Path, honest: Journal) -> tuple[bool, bool, bool]:
    """Is it detected; would a noted end of the ledger show it; does it say what was recorded?"""
    try:
        with SqliteStore(path, read_only=True) as store:
            ledger = store.ledger()[0]
            row = next((each for each in ledger if each.n == honest.end.n), None)
            anchored = row is None or row.hash != honest.end.hash
            return not verify(store).sound, anchored, content(store) == honest.honest
    except (AuditBrokenError, AuditUnavailableError):
        return True, True, False


def _exported(honest: Journal, dice: random.Random) -> Played:
    """An exported run is edited, and comes back in."""
    heads, raws, _ = honest.honest
    at = dice.randrange(len(heads))
    lines = [*to_jsonl(heads[at], [each.record() for each in raws[at]])]
    place = dice.randrange(len(lines))
    match what := dice.choice(["edited", "removed", "duplicated", "swapped", "cut off"]):
        case "edited":
            lines[place] = str(changed(lines[place], dice))
        case "removed":
            del lines[place]
        case "duplicated":
            lines.insert(dice.randrange(len(lines) + 1), lines[place])
        case "swapped":
            other = dice.choice([index for index in range(len(lines)) if index != place])
            lines[place], lines[other] = lines[other], lines[place]
        case _:
            lines = lines[: dice.randrange(len(lines))]
    try:
        from_jsonl(lines)
    except AuditBrokenError:
        return Played((f"{EXPORT}, lines {what}: detected",))
    return Played(
        (f"{EXPORT}, lines {what}: not detected",), f"an export with lines {what} came in"
    )


NEEDED = {f"{kind}: detected" for kind in (*EDITS, BYTE)}
CAMPAIGN = Campaign(name="tamper", cases=cases, play=play, needed=frozenset(NEEDED), told=True)

if __name__ == "__main__":
    sys.exit(command(CAMPAIGN))
