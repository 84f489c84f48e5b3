"""Drills that were held: their records, one file each, and the last one of a runbook."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from sopctl.core.clock import parse_stamp
from sopctl.core.codec import decode, encode
from sopctl.core.drill import SCHEMA, Drill, Timings
from sopctl.core.errors import UsageError
from sopctl.core.journal import Record as JournalRecord

_FILE: Final = "drill.json"


def folder(state: Path) -> Path:
    return state / "drills"


def save(state: Path, drill: Drill) -> Path:
    """Write the record where the history finds it; the file."""
    path = folder(state) / drill.id / _FILE
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(encode(drill), stream)
    return path


def history(state: Path, runbook: str = "") -> list[Drill]:
    """Every drill of *runbook* (empty: of all), oldest first; other formats are left out."""
    found = []
    for path in sorted(folder(state).glob(f"*/{_FILE}")):
        try:
            drill = decode(Drill, json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError):
            continue
        if drill.schema == SCHEMA and runbook in ("", drill.runbook):
            found.append(drill)
    return sorted(found, key=lambda drill: drill.held)


def find(state: Path, drill: str) -> Drill:
    """The drill whose id is, or alone starts with, *drill*; empty: the last. Raises UsageError."""
    found = history(state)
    if not found:
        raise UsageError("no drill was held yet", hint="Hold one: `sopctl drill az-failure`.")
    if not drill:
        return found[-1]
    matching = [each for each in found if each.id.upper().startswith(drill.upper())]
    if len(matching) != 1:
        many = f"{len(matching)} drills start with" if matching else "there is no drill"
        raise UsageError(f"{many} {drill}", hint="List them with `sopctl drill history`.")
    return matching[0]


def last(state: Path, runbook: str) -> Drill | None:
    """The latest drill of *runbook*, if there was one."""
    return next(reversed(history(state, runbook)), None)


def timings(records: Iterable[JournalRecord], began: datetime) -> Timings:
    """When a run did what, from its journal; *began* is when the timeline did."""
    changes: list[float] = []
    start = end = waiting = None
    at_gates = 0.0
    for record in records:
        at = (parse_stamp(record.at) - began).total_seconds()
        start = at if start is None else start
        if record.kind == "result" and _changed(record):
            changes.append(at)
        elif record.kind == "parked" and record.data.get("why") in ("gate", "decision"):
            waiting = at
        elif record.kind in ("answer", "decision") and waiting is not None:
            at_gates, waiting = at_gates + at - waiting, None
        end = at
    return Timings(
        began=start,
        first_change=min(changes, default=None),
        mitigated=max(changes, default=None),
        ended=end,
        at_gates=round(at_gates, 3),
    )


def _changed(record: JournalRecord) -> bool:
    items = record.data.get("items")
    return isinstance(items, list | tuple) and bool(items)
