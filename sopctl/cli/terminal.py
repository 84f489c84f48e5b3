"""The person at the keyboard. Asked only if both ways are open; otherwise nobody is there."""

from __future__ import annotations

import sys
import termios
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from sopctl.core.errors import RefusedError

if TYPE_CHECKING:
    from prompt_toolkit.output import Output
    from questionary import Question


class GaveUpError(RefusedError):
    """Ctrl-C or the end of input at a question: nothing is recorded, nothing is carried out."""

    def __init__(self, question: str) -> None:
        super().__init__(f"no answer to: {question}", hint="Nothing was recorded.")


class Terminal(Protocol):
    """Questions go to standard error, so that data on standard output stays data.

    Whoever is asked may give up: each of these then raises GaveUpError, and answers nothing.
    """

    @property
    def interactive(self) -> bool: ...

    def confirm(self, question: str) -> bool:
        """Yes or no; Enter is no."""
        ...

    def ask(self, question: str) -> str:
        """A line of text; empty is an answer."""
        ...

    def choose(self, question: str, choices: Sequence[tuple[str, str]]) -> str:
        """The key of one of *choices* (key, text); Enter is the first."""
        ...


class RealTerminal:
    """questionary on standard error; imported when the first question is asked."""

    @property
    def interactive(self) -> bool:
        return sys.stdin.isatty() and sys.stderr.isatty()

    def confirm(self, question: str) -> bool:
        from questionary import confirm  # noqa: PLC0415  # 0.15 s

        # Without auto_enter the Enter after `y` belongs to this question and not to the next.
        return bool(
            _answer(
                question,
                lambda: confirm(question, default=False, auto_enter=False, output=_stderr()),
            )
        )

    def ask(self, question: str) -> str:
        from questionary import text  # noqa: PLC0415  # as above

        return str(_answer(question, lambda: text(question, output=_stderr()))).strip()

    def choose(self, question: str, choices: Sequence[tuple[str, str]]) -> str:
        from questionary import Choice, select  # noqa: PLC0415  # as above

        listed = [Choice(title, value=key) for key, title in choices]
        return str(_answer(question, lambda: select(question, choices=listed, output=_stderr())))


def _answer(question: str, make: Callable[[], Question]) -> object:
    """Ask; what was typed before the question stood there answers nothing."""
    _forget_what_was_typed()
    try:
        return make().unsafe_ask()
    except (KeyboardInterrupt, EOFError) as error:
        raise GaveUpError(question) from error


def _forget_what_was_typed() -> None:
    """Both what the terminal still holds, and what the last question read beyond its answer."""
    from prompt_toolkit.application import get_app_session  # noqa: PLC0415  # as above
    from prompt_toolkit.input.typeahead import clear_typeahead  # noqa: PLC0415  # as above

    clear_typeahead(get_app_session().input)
    with suppress(termios.error, OSError, ValueError):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _stderr() -> Output:
    from prompt_toolkit.output import create_output  # noqa: PLC0415  # as above

    return create_output(stdout=sys.stderr)
