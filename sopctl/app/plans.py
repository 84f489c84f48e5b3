"""Plans in files: made here, looked at by a colleague, applied there, and refused if altered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from sopctl.app import files
from sopctl.core.codec import Json, decode, encode
from sopctl.core.errors import RefusedError, StalePlanError, UsageError, WrongTargetError
from sopctl.core.plan import Plan
from sopctl.core.runbook import Runbook
from sopctl.core.shape import MISSHAPEN
from sopctl.core.target import Target

SCHEMA = "sopctl.plan/1"


def save(plan: Plan, path: Path) -> None:
    """Write *plan* for `--plan`; a file that is there already is replaced."""
    text = json.dumps(
        {"schema": SCHEMA, "hash": plan.hash, "plan": encode(plan)}, indent=2, ensure_ascii=False
    )
    files.write(path, text + "\n")


def load(path: Path, book: Runbook, target: Target) -> Plan:
    """The plan in *path*, if it is whole, of this runbook, and for this target.

    Whether the world has moved since is found resource by resource, right before each write.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        plan = decode(Plan, data["plan"])
        claimed, found = str(data["hash"]), plan.hash
        _refuse_odd(plan.target)
    except OSError as error:
        raise UsageError(f"{path} cannot be read", hint="Check the path.") from error
    except MISSHAPEN as error:
        raise UsageError(
            f"{path} is not a plan", hint="Write one with `sopctl run NAME --dry-run --plan-out F`."
        ) from error
    if found != claimed:
        raise RefusedError(
            f"the plan in {path} was altered after it was made", hint="Make a new plan."
        )
    if plan.runbook != book.name:
        raise UsageError(
            f"the plan in {path} is of the runbook {plan.runbook}, not {book.name}",
            hint=f"Apply it with `sopctl run {plan.runbook} --plan {path}`.",
        )
    if plan.digest != book.digest:
        raise StalePlanError(
            f"the plan in {path} is of another version of {plan.runbook}", hint="Make a new plan."
        )
    if plan.target.get("name") != target.name:
        raise WrongTargetError(
            f"the plan in {path} is for target {plan.target.get('name')}, not {target.name}",
            hint=f"Give --target {plan.target.get('name')}.",
        )
    return plan


def _refuse_odd(target: Mapping[str, Json]) -> None:
    """Raise TypeError unless zones and labels of a plan's *target* are what people are shown."""
    zones, labels = target.get("zones", ()), target.get("labels", {})
    named = isinstance(zones, list | tuple) and all(
        isinstance(zone, Mapping) and isinstance(zone.get("name"), str) for zone in zones
    )
    texts = isinstance(labels, Mapping) and all(isinstance(each, str) for each in labels.values())
    if not (named and texts):
        raise TypeError("zones without names, or labels that are not text")
