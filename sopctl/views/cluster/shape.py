"""Lines in boxes: cut to a width, filled up to it, and set side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final

from sopctl.views.lines import EMPTY, Line, Span, line, safe

CUT: Final = ".."


def short(text: str, width: int) -> str:
    """A name in at most *width* columns, without its middle: names differ at their ends."""
    shown = safe(text)
    if len(shown) <= width:
        return shown
    left = max(width - len(CUT), 0)
    end = left // 2
    return shown[: left - end] + CUT[:width] + (shown[-end:] if end else "")


def cut(full: Line, width: int) -> Line:
    """*full* in at most *width* columns (0: as it is), its indent included."""
    if not width or len(full.text) <= width:
        return full
    left = width - full.indent - len(CUT)
    spans: list[Span] = []
    for text, style in full.spans:
        shown = safe(text)[: max(left, 0)]
        left -= len(shown)
        if shown:
            spans.append((shown, style))
    return Line((*spans, (CUT, "quiet")), full.indent)


def number(found: int, what: str, style: str) -> list[Span]:
    """``3 what``; nothing where there is none."""
    return [(f"{found} {what}", style)] if found else []


def listed(spans: Sequence[Span]) -> list[Span]:
    """*spans* with commas between them, each with the text before it, so that none begins a row."""
    return [(f"{text}, ", style) for text, style in spans[:-1]] + list(spans[-1:])


def beside(columns: Sequence[Sequence[Line]], width: int, gap: str) -> list[Line]:
    """*columns*, each *width* wide, as one; a short one is filled up."""
    rows = []
    for row in zip_longest(*columns, fillvalue=EMPTY):
        spans: list[Span] = []
        for number, cell in enumerate(row):
            shown = cut(cell, width)
            spans += [(gap, "quiet")] if number else []
            spans += [(" " * shown.indent, ""), *shown.spans]
            spans.append((" " * (width - len(shown.text)), ""))
        rows.append(line(*spans))
    return rows


def fitting(first: Sequence[Span], more: Sequence[Span], width: int) -> Line:
    """*first*, and of *more* in order what still fits *width* (0: all)."""
    spans = list(first)
    used = sum(len(safe(text)) for text, _ in spans)
    for text, style in more:
        if not width or used + len(safe(text)) <= width:
            spans.append((text, style))
            used += len(safe(text))
    return cut(line(*spans), width)
