"""The autoscaler's own taints on nodes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.view import View

TO_BE_DELETED = "ToBeDeletedByClusterAutoscaler"
CANDIDATE = "DeletionCandidateOfClusterAutoscaler"


def add(view: View, node: Obj, key: str, effect: str, now: datetime) -> None:
    """Add a taint whose value is the time, unless it is there."""
    taints: list[Obj] = node["spec"].get("taints") or []
    if any(each["key"] == key for each in taints):
        return
    taint = {"key": key, "value": str(int(now.timestamp())), "effect": effect}
    view.patch("nodes", node, {"spec": {"taints": [*taints, taint]}})


def remove(view: View, node: Obj, keys: Iterable[str]) -> None:
    """Remove taints by key."""
    unwanted = frozenset(keys)
    taints: list[Obj] = node["spec"].get("taints") or []
    kept = [each for each in taints if each["key"] not in unwanted]
    if len(kept) < len(taints):
        view.patch("nodes", node, {"spec": {"taints": kept or None}})


def has(node: Obj, key: str) -> bool:
    """Whether a node carries a taint with this key."""
    return any(each["key"] == key for each in node["spec"].get("taints") or ())
