"""In which order pods leave: who is missed least goes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sopctl.core.action import AnyChange
from sopctl.core.codec import Json


def order(changes: Sequence[AnyChange]) -> Sequence[Sequence[AnyChange]]:
    """Low priority first, stateless before stateful, of a StatefulSet one ordinal at a time."""
    tiers: dict[tuple[int, int, int], list[AnyChange]] = {}
    seen = Counter[str]()
    for change in sorted(changes, key=lambda each: -_ordinal(each)):
        evidence = change.before.evidence
        turn = 0
        if owner := set_of(change):
            turn = seen[owner] = seen[owner] + 1
        priority = evidence.get("priority")
        rank = (priority if isinstance(priority, int) else 0, int(turn > 0), turn)
        tiers.setdefault(rank, []).append(change)
    return [tiers[rank] for rank in sorted(tiers)]


def _ordinal(change: AnyChange) -> int:
    last = change.resource.name.rpartition("-")[2]
    return int(last) if set_of(change) and last.isdigit() else 0


def owner_of(change: AnyChange) -> Mapping[str, Json]:
    owner = change.before.evidence.get("owner")
    return owner if isinstance(owner, Mapping) else {}


def set_of(change: AnyChange) -> str:
    """The uid of the StatefulSet of a pod, or empty."""
    owner = owner_of(change)
    return str(owner["uid"]) if owner.get("kind") == "StatefulSet" else ""
