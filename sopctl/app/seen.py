"""Zones seen lately, so that the shell can complete them without a call to AWS."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sopctl.core.plan import Plan

_FILE = "zones.json"


def remember(state: Path, plan: Plan) -> None:
    """Add the zones that *plan* names and those among its facts; a failure costs nothing."""
    found = dict(zones(state))
    listed = [plan.target.get("zones"), plan.facts.get("zones")]
    for each in (zone for group in listed if isinstance(group, list) for zone in group):
        if isinstance(each, Mapping) and each.get("id"):
            found[str(each["name"])] = str(each["id"])
    with suppress(OSError):
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = state / f".{_FILE}.{os.getpid()}"
        fresh.write_text(json.dumps(found), encoding="utf-8")
        fresh.replace(state / _FILE)


def zones(state: Path) -> list[tuple[str, str]]:
    """(name, id) of every zone remembered."""
    try:
        found = json.loads((state / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return sorted(found.items()) if isinstance(found, dict) else []
