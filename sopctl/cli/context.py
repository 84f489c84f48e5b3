"""What every command is handed: the application, the screens, and the person at the keyboard."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sopctl.cli.terminal import RealTerminal, Terminal
from sopctl.views.screen import Screen

if TYPE_CHECKING:
    from sopctl.app.composition import App


class Context:
    """Data goes to *out*, everything said to a person to *err*; the application is made late."""

    def __init__(
        self,
        app: App | None = None,
        terminal: Terminal | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.environ = os.environ if environ is None else environ
        self.out = Screen(sys.stdout, self.environ)
        self.err = Screen(sys.stderr, self.environ)
        self.terminal: Terminal = terminal or RealTerminal()
        self._app = app

    @property
    def app(self) -> App:
        if self._app is None:
            from sopctl.app.composition import App  # noqa: PLC0415  # `--help` needs none

            self._app = App()
        return self._app

    @property
    def broken(self) -> Mapping[str, str]:
        """What could not be loaded, as far as anything was."""
        return self._app.broken if self._app is not None else {}

    def close(self) -> None:
        if self._app is not None:
            self._app.close()
