"""Gets a node empty as controllers do: new pods are kept off, others evicted as budgets allow."""

from __future__ import annotations

from sopctl.sandbox.world.autoscaler.scale_down import budgets_of, movable
from sopctl.sandbox.world.view import View


def evict(view: View, node: str) -> bool:
    """Evict what budgets allow now; whether nothing is left that has to go."""
    spent: dict[str, int] = {}
    for pod in movable(view, node):
        budgets = budgets_of(view, pod)
        uids = [each["metadata"]["uid"] for each in budgets]
        left = [(each.get("status") or {}).get("disruptionsAllowed", 0) for each in budgets]
        if all(allowed > spent.get(uid, 0) for uid, allowed in zip(uids, left, strict=True)):
            spent |= {uid: spent.get(uid, 0) + 1 for uid in uids}
            view.delete("pods", pod)
    return not movable(view, node)
