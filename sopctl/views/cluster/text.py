"""The cluster on one screen: as much detail as fits it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sopctl.core.overview import Overview, sums
from sopctl.views.cluster import signs, words
from sopctl.views.cluster.columns import Detail, grid
from sopctl.views.cluster.shape import cut
from sopctl.views.lines import EMPTY, Line, line, wrapped

WIDE: Final = 120  # where nothing says how wide


@dataclass(frozen=True, slots=True)
class Room:
    """Columns and rows to draw in; 0 is: no bound."""

    width: int = WIDE
    height: int = 0


def lines(over: Overview, room: Room) -> list[Line]:
    """The whole picture, in *room*.

    Where a row for each node does not fit, a cell for each may; where not even one column for each
    does, groups are counted, and last of all cut. What is below them is whole where it fits, then
    one row each, then so many rows of a kind.
    """
    width = room.width or WIDE
    top = [row for each in words.head(over) for row in wrapped(each, width)]
    top = [*top, *(cut(each, room.width) for each in words.gaps(over)), EMPTY]
    rows: list[Line] = []
    below: list[Line] = []
    for detail in Detail:
        rows = grid(over, detail, width)
        for cut_to, most in ((0, 0), (width, 0), (width, 12), (width, 4)):
            below = _below(over, detail, room, words.foot(over, cut_to, most))
            if not room.height or len(top) + len(rows) + len(below) <= room.height:
                return [*top, *rows, *below]
    return [*top, *_cut(rows, room.height - len(top) - len(below)), *below]


def _below(over: Overview, detail: Detail, room: Room, foot: Sequence[Line]) -> list[Line]:
    cells = detail in (Detail.CELLS, Detail.SIGNS)
    legend = signs.legend(over, room.width or WIDE, cells=cells, rows=detail is Detail.PODS)
    return [EMPTY, *(row for each in foot for row in wrapped(each, room.width)), *legend]


def one_line(over: Overview) -> Line:
    """The same for a pipe: what a person would grep for; ``?`` is what is not known."""
    nodes, pods = over.blind("nodes"), over.blind("nodes") or over.blind("pods")
    zones = []
    for zone in over.zones:
        there = sums(over.in_zone(zone.name))
        ready = _told(there.nodes - there.dead, nodes)
        told = f"nodes={_told(there.nodes, nodes)} ready={ready} pods={_told(there.pods, pods)}"
        zones.append(f"{zone.name} {told}")
    found = sums(over.nodes)
    wait = sum(each.pods for each in over.waiting)
    parts = (
        words.moment(over.at),
        f" nodes={_told(found.nodes, nodes)} notready={_told(found.dead, nodes)}",
        f"pods={_told(found.pods, pods)} unready={_told(found.pods_not_ready, pods)}",
        f"leaving={_told(found.pods_leaving, pods)} pending={_told(wait, over.blind('pods'))}",
        f" runs={len(over.held)} shifts={len(over.away)} missing={len(over.gaps)} ",
        "  ".join(zones),
    )
    return line(" ".join(parts))


def _told(number: int, blind: bool) -> str:  # noqa: FBT001  # the second word of a sentence
    return "?" if blind else str(number)


def _cut(rows: list[Line], height: int) -> list[Line]:
    kept = rows[: max(height - 1, 1)]
    return [*kept, line((f"... {len(rows) - len(kept)} rows more: enlarge the window", "quiet"))]
