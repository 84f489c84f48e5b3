"""The plan in the first record of a run: large, frozen, and wanted by every fold of the run."""

from __future__ import annotations

from typing import Final

from sopctl.core.codec import decode
from sopctl.core.journal import Record
from sopctl.core.plan import Plan

KEPT: Final = 8
_plans: dict[str, Plan] = {}  # by the hash of the record, which covers all that is in it


def plan_in(record: Record) -> Plan:
    """The plan of *record*; the same one each time, as long as few others were asked for."""
    found = _plans.get(record.hash)
    if found is None:
        found = decode(Plan, record.data["plan"])
        if len(_plans) >= KEPT:
            _plans.clear()
        if record.hash:  # one that is only tried out has none yet
            _plans[record.hash] = found
    return found
