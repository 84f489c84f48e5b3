"""Taints as people write them: ``dedicated=batch:NoSchedule``."""

from __future__ import annotations

from sopctl.sandbox.world.ports import Obj


def parsed(text: str) -> tuple[str, str, str]:
    """(key, value, effect); a value may be empty."""
    pair, _, effect = text.rpartition(":")
    key, _, value = pair.partition("=")
    return key, value, effect


def toleration(text: str) -> Obj:
    """The toleration of exactly this taint."""
    key, value, effect = parsed(text)
    if not value:
        return {"key": key, "operator": "Exists", "effect": effect}
    return {"key": key, "operator": "Equal", "value": value, "effect": effect}
