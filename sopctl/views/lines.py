"""What views are made of: lines of styled words, sanitised when they are drawn.

A view is a function from values to lines; only ``screen`` knows what they are drawn on. So the
same lines go to a terminal of any width, to a pipe, and into a test.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Span: TypeAlias = tuple[str, str]
"""Text and the name of its style (see ``screen.STYLES``); an empty style is plain."""

# C0 and C1 controls and DEL, marks that reorder text, and characters without width: what could
# move the cursor, hide or forge output (CVE-2021-25743, CVE-2021-42574).
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e0fff]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def safe(text: str) -> str:
    """*text* with every character that could act on a terminal shown as what it is."""
    if text.isascii() and text.isprintable():  # nearly everything, and none of it can act
        return text
    return _UNSAFE.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    char = found.group()
    number = ord(char)
    if char in _NAMED:
        return _NAMED[char]
    if number <= 0xFF:  # noqa: PLR2004  # one byte
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004  # two bytes


@dataclass(frozen=True, slots=True)
class Line:
    """One line; *indent* columns from the left, and two more where it is continued."""

    spans: tuple[Span, ...] = ()
    indent: int = 0

    @property
    def text(self) -> str:
        """The line without styles, safe, unwrapped."""
        return " " * self.indent + "".join(safe(text) for text, _ in self.spans)


def line(*parts: str | Span, indent: int = 0) -> Line:
    """A line of plain texts and styled spans."""
    spans = tuple((part, "") if isinstance(part, str) else part for part in parts)
    return Line(spans, indent)


EMPTY = Line()


def paragraph(text: str, *, indent: int = 0, style: str = "") -> list[Line]:
    """A text of several lines as several lines."""
    return [line((part, style), indent=indent) for part in text.splitlines()]


def wrapped(full: Line, width: int) -> list[Line]:
    """*full* broken at spaces to *width* columns (0: not at all); a long word stays whole."""
    if not width or len(full.text) <= width:
        return [full]
    rows: list[list[Span]] = [[]]
    left = width - full.indent
    for word, style in _words(full.spans):
        if len(word.rstrip()) > left and rows[-1]:
            rows.append([])
            left = width - full.indent - 2
        rows[-1].append((word, style))
        left -= len(word)
    first, *others = map(_ended, rows)
    return [Line(first, full.indent), *(Line(row, full.indent + 2) for row in others)]


def _ended(row: Sequence[Span]) -> tuple[Span, ...]:
    """*row* without the spaces at its end: beyond the edge they would be a row of their own."""
    *rest, (text, style) = row
    return (*rest, (text.rstrip(" "), style))


def _words(spans: Sequence[Span]) -> Iterable[Span]:
    """The words of *spans*, each with the spaces that follow it."""
    for text, style in spans:
        for word in re.findall(r" *[^ ]+ *|^ +$", safe(text)):
            yield word, style


def plain(lines: Iterable[Line], width: int = 0) -> str:
    """*lines* as text for a pipe or a file, each ended by a newline."""
    return "".join(f"{text.rstrip()}\n" for each in lines for text in _rows(each, width))


def _rows(full: Line, width: int) -> Iterable[str]:
    text = full.text
    if not width or len(text) <= width:
        return (text,)
    return (row.text for row in wrapped(full, width))


def table(rows: Sequence[Sequence[str | Span]], *, indent: int = 0) -> list[Line]:
    """*rows* in columns as wide as their widest cell; the last column is free."""
    if not rows:
        return []
    cells = [[(cell, "") if isinstance(cell, str) else cell for cell in row] for row in rows]
    widths = [max(len(safe(row[i][0])) for row in cells) for i in range(len(cells[0]) - 1)]
    lines = []
    for row in cells:
        spans: list[Span] = []
        for (text, style), width in zip(row, widths, strict=False):
            spans.append((safe(text).ljust(width) + "  ", style))
        lines.append(Line((*spans, row[-1]), indent))
    return lines


def count(number: int, noun: str) -> str:
    """``1 step``, ``2 steps``; ``2 notifies``."""
    if number == 1:
        return f"{number} {noun}"
    return f"{number} {noun.removesuffix('y')}ies" if noun == "notify" else f"{number} {noun}s"
