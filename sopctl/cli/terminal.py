"""The person at the keyboard. Asked only if both ways are open; otherwise nobody is there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from prompt_toolkit.output import Output


class Terminal(Protocol):
    """Questions go to standard error, so that data on standard output stays data."""

    @property
    def interactive(self) -> bool: ...

    def confirm(self, question: str) -> bool:
        """Yes or no; Enter is no."""
        ...

    def ask(self, question: str) -> str:
        """A line of text; empty when the person gave up."""
        ...

    def choose(self, question: str, choices: Sequence[tuple[str, str]]) -> str:
        """The key of one of *choices* (key, text); empty when the person gave up."""
        ...


class RealTerminal:
    """questionary on standard error; imported when the first question is asked."""

    @property
    def interactive(self) -> bool:
        return sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, question: str) -> bool:
        from questionary import confirm  # noqa: PLC0415  # 0.15 s

        try:
            return bool(confirm(question, default=False, output=_stderr()).unsafe_ask())
        except (KeyboardInterrupt, EOFError):
            return False

    def ask(self, question: str) -> str:
        from questionary import text  # noqa: PLC0415  # as above

        try:
            return str(text(question, output=_stderr()).unsafe_ask()).strip()
        except (KeyboardInterrupt, EOFError):
            return ""

    def choose(self, question: str, choices: Sequence[tuple[str, str]]) -> str:
        from questionary import Choice, select  # noqa: PLC0415  # as above

        listed = [Choice(title, value=key) for key, title in choices]
        try:
            return str(select(question, choices=listed, output=_stderr()).unsafe_ask())
        except (KeyboardInterrupt, EOFError):
            return ""


def _stderr() -> Output:
    from prompt_toolkit.output import create_output  # noqa: PLC0415  # as above

    return create_output(stdout=sys.stderr)
