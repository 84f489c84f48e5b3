"""Taints and tolerations (k8s.io/component-helpers/scheduling/corev1)."""

from __future__ import annotations

from collections.abc import Iterable

from sopctl.sandbox.world.ports import Obj

BLOCKING = frozenset({"NoSchedule", "NoExecute"})


def tolerates(toleration: Obj, taint: Obj) -> bool:
    """Whether one toleration tolerates one taint; an empty key or effect matches all."""
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    if toleration.get("operator", "Equal") == "Exists":
        return True
    return bool(toleration.get("value", "") == taint.get("value", ""))


def untolerated(
    taints: Iterable[Obj],
    tolerations: Iterable[Obj],
    effects: frozenset[str] = BLOCKING,
) -> Obj | None:
    """Return the first taint with one of these effects that nothing tolerates."""
    known = tuple(tolerations)
    for taint in taints:
        if taint["effect"] in effects and not any(tolerates(each, taint) for each in known):
            return taint
    return None
