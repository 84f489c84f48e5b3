"""What each sign means; colour only repeats what a sign says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sopctl.core.overview import Discovery, GroupNow, Leaving, NodeNow, Overview, PodState
from sopctl.views.lines import Line, Span, line

POD: Final = {
    PodState.READY: ("o", "good"),
    PodState.NOT_READY: ("!", "bad"),
    PodState.LEAVING: ("~", "quiet"),
}
LEAVING: Final = {Leaving.INTERRUPTED: "i", Leaving.REMOVED: "r"}
NOT_READY, CORDONED, KEPT, UNREADY_PODS = "X", "c", "k", "!"
_WORDS: Final = {
    "o": "a ready pod",
    "~": "a pod that is being deleted",
    NOT_READY: "node not ready",
    "i": "node about to be interrupted",
    "r": "node being removed",
    CORDONED: "cordoned",
    KEPT: "kept from scale-down",
    "+": "group an autoscaler scales",
    "-": "group that may not grow here",
    "?": "not known who scales the group",
}


def of_node(node: NodeNow) -> Span:
    """The one sign that matters most about a node; a blank where nothing is wrong."""
    if not node.ready:
        return NOT_READY, "bad"
    if node.leaving:
        return LEAVING[node.leaving], "warn"
    if node.cordoned:
        return CORDONED, "warn"
    if any(pod.state is PodState.NOT_READY for pod in node.pods):
        return UNREADY_PODS, "bad"
    return " ", ""


def of_group(group: GroupNow, zone: str) -> str:
    """Whether a group may grow in the zone of that name; a blank where nobody makes it."""
    if group.bars(zone):
        return "-"
    if group.discovery is Discovery.UNKNOWN:
        return "?"
    return "+" if group.discovery is Discovery.SCALED else " "


def flags(node: NodeNow) -> list[Span]:
    """All signs of a node that has a row to itself, each in its own column."""
    leaving = LEAVING.get(node.leaving, " ")
    return [
        (leaving if node.ready else NOT_READY, "warn" if node.ready else "bad"),
        (CORDONED if node.cordoned else " ", "warn"),
        (KEPT if node.kept else " ", "quiet"),
    ]


def fill(node: NodeNow) -> str:
    """How full it is, in tenths; 9 is anything from 90 % up, ``?`` not known."""
    return "?" if node.full is None else str(min(int(node.full * 10), 9))


def legend(over: Overview, width: int, *, cells: bool, rows: bool) -> list[Line]:
    """What the signs in the picture mean, in as few lines of *width* as hold them (0: one).

    *cells*: digits say how full nodes are. *rows*: a node has all its signs, not only the gravest.
    Pods are signs where there are rows and no digits.
    """
    pods = rows and not cells
    seen = set(_seen(over, rows=rows, pods=pods))
    told = [(sign, what) for sign, what in _WORDS.items() if sign in seen]
    told.insert(0, (UNREADY_PODS, "a pod that is not ready" if pods else "pods not ready"))
    if cells:
        told.insert(0, ("0-9", "how full a node is by requests, in tenths"))
    shown: list[list[Span]] = []
    left = 0
    for sign, what in told:
        size = len(sign) + len(what) + 3
        if not shown or (width and size > left):
            shown.append([])
            left = width + 2  # the gap after the last one needs no room
        shown[-1] += [(sign, "strong"), (f" {what}  ", "quiet")]
        left -= size
    return [line(*each) for each in shown]


def _seen(over: Overview, *, rows: bool, pods: bool) -> Iterator[str]:
    for node in over.nodes:
        yield of_node(node)[0]
        if rows:
            yield from (sign for sign, _ in flags(node))
        if pods:
            yield from (POD[pod.state][0] for pod in node.pods)
    at = {(node.group, node.zone) for node in over.nodes}
    for group in over.groups:
        yield from (of_group(group, zone) for name, zone in at if name == group.name)
        if group.desired is not None:
            yield from (of_group(group, zone) for zone in group.zones)
