"""The commands of sopctl, carried out in this process for a test: no terminal, nothing printed."""

from __future__ import annotations

import io
from collections.abc import Sequence

from sopctl.app.composition import App
from sopctl.app.trials.invoking import Said
from sopctl.cli.context import Context
from sopctl.cli.main import execute
from sopctl.core.errors import RefusedError
from sopctl.views.screen import Screen


class Nobody:
    """There is no person at the keyboard."""

    @property
    def interactive(self) -> bool:
        return False

    def confirm(self, question: str) -> bool:
        raise RefusedError(f"nobody is there to be asked: {question}")

    def ask(self, question: str) -> str:
        raise RefusedError(f"nobody is there to be asked: {question}")

    def choose(self, question: str, choices: Sequence[tuple[str, str]]) -> str:
        raise RefusedError(f"nobody is there to choose from {len(choices)}: {question}")


def invoke(app: App, words: Sequence[str]) -> Said:
    """One command line, by the very code that a terminal reaches."""
    context = Context(app, Nobody(), {})
    out, err = io.StringIO(), io.StringIO()
    context.out, context.err = Screen(out, {}), Screen(err, {})
    code = execute(words, context)
    return Said(code, out.getvalue(), err.getvalue())
