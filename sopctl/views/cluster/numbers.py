"""How many there are of what; what is not known is never said to be none."""

from __future__ import annotations

from sopctl.core.overview import Overview, Sums
from sopctl.views.cluster.shape import number
from sopctl.views.lines import Span, count


def nodes_of(over: Overview, found: Sums) -> list[Span]:
    """The nodes that *found* counts."""
    if over.blind("nodes"):
        return [("nodes not known", "bad")]
    return [
        (count(found.nodes, "node"), ""),
        *number(found.dead, "not ready", "bad"),
        *number(found.cordoned, "cordoned", "warn"),
        *number(found.going, "leaving", "warn"),
        *number(found.kept, "kept", "quiet"),
    ]


def pods_of(over: Overview, found: Sums) -> list[Span]:
    """The pods on them."""
    if over.blind("pods") or over.blind("nodes"):
        return [("pods not known", "bad")]
    return [
        (count(found.pods, "pod"), ""),
        *number(found.pods_not_ready, "not ready", "bad"),
        *number(found.pods_leaving, "leaving", "warn"),
    ]


def pending_of(over: Overview) -> Span:
    """Those that wait for a node."""
    if over.blind("pods"):
        return "pending not known", "bad"
    waiting = sum(each.pods for each in over.waiting)
    return (f"{waiting} pending", "bad") if waiting else ("none pending", "")
