"""Status conditions: read one, set one without touching the time of an unchanged verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.times import stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a controller says about one condition type."""

    type: str
    status: str
    reason: str = ""
    message: str = ""


def find(obj: Obj, kind: str) -> Obj | None:
    """Return the condition of one type from an object's status."""
    conditions: list[Obj] = obj.get("status", {}).get("conditions") or []
    for each in conditions:
        if each["type"] == kind:
            return each
    return None


def holds(obj: Obj, kind: str) -> bool:
    """Whether a condition is there and True."""
    found = find(obj, kind)
    return found is not None and found["status"] == "True"


def put(conditions: list[Obj] | None, verdict: Verdict, now: datetime) -> list[Obj]:
    """Return the conditions with one verdict set; others and their order are kept."""
    kept = list(conditions or [])
    for position, old in enumerate(kept):
        if old["type"] == verdict.type:
            kept[position] = _merged(old, verdict, now)
            return kept
    return [*kept, _merged({}, verdict, now)]


def _merged(old: Obj, verdict: Verdict, now: datetime) -> Obj:
    new = {key: value for key, value in old.items() if key not in {"reason", "message"}}
    new |= {"type": verdict.type, "status": verdict.status}
    for key, text in (("reason", verdict.reason), ("message", verdict.message)):
        if text or old.get(key) == "":  # the API fills in an empty text where it requires one
            new[key] = text
    if old.get("status") != verdict.status:
        new["lastTransitionTime"] = stamp(now)
    return new
