"""Where lines are drawn: a terminal with colours, or anything else as plain text.

``NO_COLOR`` (no-color.org) and ``TERM=dumb`` are respected: then there is not one escape sequence.
Colour is never the only signal.
"""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from typing import IO, TYPE_CHECKING, Any, Final, cast

from sopctl.core.codec import Json
from sopctl.views.lines import Line, wrapped

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

STYLES: Final[Mapping[str, str]] = {
    "": "",
    "strong": "bold",
    "quiet": "dim",
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "target": "bold cyan",
    "danger": "bold white on red",
    "add": "green",
    "remove": "red",
    "on-demand": "cyan",
    "reserved": "blue",
    "spot": "magenta",
    "mixed": "",
}


_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Screen:
    """One output stream. *width* 0 is: lines are not wrapped, so that a pipe gets ids whole.

    *height* are the rows of the terminal; 0 is: there is no end to them.
    """

    def __init__(self, stream: IO[str], environ: Mapping[str, str] | None = None) -> None:
        self.stream = stream
        found = os.environ if environ is None else environ
        self.terminal = bool(stream.isatty())
        self.colour = self.terminal and not found.get("NO_COLOR") and _capable(found)
        self.animated = self.terminal and _capable(found)
        size = shutil.get_terminal_size((80, 24))
        self.width, self.height = size if self.terminal else (0, 0)
        self._console: Console | None = None
        self.gone = False  # nobody reads it any more
        self.lost = ""  # why not all of it was written; a reader that went away is no reason
        self.best_effort = False  # what is printed is news, and the journal has everything

    def show(self, lines: Iterable[Line]) -> None:
        """Draw *lines*; a closed pipe or terminal is nobody's failure."""
        rows = [row for each in lines for row in wrapped(each, self.width)]
        try:
            for row in rows:
                if self.colour:
                    self.console.print(
                        drawn(row), markup=False, highlight=False, soft_wrap=True, end="\n"
                    )
                else:
                    self.stream.write(row.text.rstrip() + "\n")
            self.stream.flush()
        except (BrokenPipeError, OSError, ValueError) as error:
            self._go_quiet(error)

    def write(self, text: str) -> None:
        """Write a whole document, as it is."""
        try:
            self.stream.write(text)
            self.stream.flush()
        except (BrokenPipeError, OSError, ValueError) as error:
            self._go_quiet(error)

    def data(self, *values: Json) -> None:
        """Print each of *values* as JSON on a line of its own."""
        self.write("".join(json.dumps(value) + "\n" for value in values))

    @property
    def console(self) -> Console:
        """The rich console on this stream."""
        if self._console is None:
            from rich.console import Console  # noqa: PLC0415  # 0.1 s, only for terminals

            options: dict[str, Any] = {"markup": False, "highlight": False, "emoji": False}
            paper = cast("IO[str]", _Paper(self))
            self._console = Console(file=paper, no_color=not self.colour, soft_wrap=True, **options)
        return self._console

    def _go_quiet(self, error: Exception) -> None:
        """Nothing ends because of its output; but what a disk had no room for is *lost*."""
        if isinstance(error, OSError) and error.errno in _FULL:
            self.lost = os.strerror(error.errno).lower()
        self.gone = True
        self.stream = io.StringIO()
        self.terminal = self.colour = self.animated = False
        self._console = None


class _Paper:
    """What rich draws on: the stream of a screen, whose end is nobody's failure there either."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    @property
    def encoding(self) -> str:
        return str(getattr(self._screen.stream, "encoding", "") or "utf-8")

    def isatty(self) -> bool:
        return self._screen.terminal

    def fileno(self) -> int:
        return self._screen.stream.fileno()

    def write(self, text: str) -> int:
        self._screen.write(text)
        return len(text)

    def flush(self) -> None:
        """Everything is flushed as it is written."""


def drawn(row: Line) -> Text:
    """A line as rich draws it: no markup is ever parsed."""
    from rich.text import Text  # noqa: PLC0415  # as above

    text = Text(" " * row.indent)
    for part, style in row.spans:
        text.append(Line(((part, ""),)).text, style=STYLES.get(style, ""))
    return text


def _capable(environ: Mapping[str, str]) -> bool:
    return environ.get("TERM", "") not in ("", "dumb")
