"""A world, live: a table that is drawn again and again, or one line for each look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sopctl.core.measures import Happened, Sample
from sopctl.views import live
from sopctl.views.lines import EMPTY, Line, Span, line, table
from sopctl.views.screen import Screen

HEADS = ("ZONE", "SPOT", "NORMAL", "PODS READY", "LAUNCHED", "FAILED", "TERMINATED", "WISHED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A world at one moment; *rate* is world seconds a second."""

    now: str
    rate: float
    sample: Sample
    happened: Sequence[Happened]


def lines(look: Look) -> list[Line]:
    """The whole picture."""
    found = look.sample
    rows: list[list[str | Span]] = [[(head, "quiet") for head in HEADS]]
    rows += [_row(found, zone) for zone in zones(found)]
    shown = [
        line((look.now, "strong"), f" UTC, {look.rate:g} times as fast as here"),
        EMPTY,
        *table(rows),
        EMPTY,
        line("pods pending: ", *_pending(found), f"   not ready on their node: {found.unready}"),
    ]
    if found.offered:
        share = 100 * found.lost / found.offered
        text = f"requests: {found.offered:.0f} offered, {found.lost:.0f} lost ({share:.2f} %)"
        shown.append(line(text))
    shown += [line((f"{each.at:8.0f} s  ", "quiet"), each.what) for each in look.happened]
    return shown


def one_line(look: Look) -> Line:
    """The same for a pipe: what a person would grep for."""
    found = look.sample
    parts = [
        f"{zone} nodes={_nodes(found, zone)} ready={found.ready.get(zone, 0)}"
        f" launched={found.launched.get(zone, 0)} failed={found.failed.get(zone, 0)}"
        for zone in zones(found)
    ]
    lost = f" lost={found.lost:.0f}" if found.offered else ""
    pending = sum(found.pending.values())
    text = f"pending={pending} unready={found.unready}{lost}"
    return line(f"{look.now}  {text}  {'  '.join(parts)}")


def zones(found: Sample) -> list[str]:
    """Every zone that anything was counted in."""
    counted = (found.ready, found.launched, found.failed, found.terminated, found.wished)
    named = {each.split("/")[0] for each in found.nodes} | {z for each in counted for z in each}
    return sorted(named - {""})


def showing(screen: Screen) -> AbstractContextManager[Callable[[Look], None]]:
    """How looks are shown on *screen*: in place on a terminal, else one line each."""
    return live.showing(screen, live.Picture(lambda look, _width, _height: lines(look), one_line))


def _row(found: Sample, zone: str) -> list[str | Span]:
    failed = found.failed.get(zone, 0)
    dead: Span = (str(failed), "bad" if failed else "")
    nodes = _nodes(found, zone)
    return [
        (zone, "strong" if nodes else "bad"),
        str(found.nodes.get(f"{zone}/spot", 0)),
        str(found.nodes.get(f"{zone}/normal", 0)),
        str(found.ready.get(zone, 0)),
        str(found.launched.get(zone, 0)),
        dead,
        str(found.terminated.get(zone, 0)),
        str(found.wished.get(zone, 0)),
    ]


def _nodes(found: Sample, zone: str) -> int:
    return sum(count for name, count in found.nodes.items() if name.split("/")[0] == zone)


def _pending(found: Sample) -> list[Span]:
    if not found.pending:
        return [("none", "good")]
    text = ", ".join(f"{count} {why}" for why, count in sorted(found.pending.items()))
    return [(text, "warn")]
