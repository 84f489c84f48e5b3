"""The runbooks one can name: the user's own, then the packaged ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sopctl.app import tampering
from sopctl.core.errors import Problem
from sopctl.core.runbook import Runbook

if TYPE_CHECKING:
    from sopctl.runbook.lint import Known


class Library:
    """Runbooks by name, from directories; an earlier directory wins. Loads nothing by itself."""

    def __init__(self, dirs: Sequence[Path], known: Callable[[], Known]) -> None:
        self._dirs = tuple(dirs)
        self.known = known

    def names(self) -> tuple[str, ...]:
        from sopctl.runbook import loader  # noqa: PLC0415  # pydantic takes 0.2 s

        return tuple(sorted(loader.available(self._places())))

    def shelf(self) -> dict[str, tuple[Path, Runbook | None]]:
        """Every runbook's file, and the runbook itself if it can be read."""
        from sopctl.runbook import loader  # noqa: PLC0415  # as above

        found = sorted(loader.available(self._places()).items())
        return {name: (path, loader.read(path).runbook) for name, path in found}

    def path(self, name: str) -> Path:
        """The file of *name*; raises UsageError with what was probably meant."""
        from sopctl.runbook import loader  # noqa: PLC0415  # as above

        found = loader.find(name, self._places())
        if found.parent in self._dirs:
            tampering.refuse(found)
        return found

    def tests(self) -> dict[str, Path]:
        """The files of runbook tests by the runbook's name: each lies beside its runbook."""
        from sopctl.runbook.trials import loader  # noqa: PLC0415  # as above

        return loader.available(self._places())

    def load(self, name: str) -> Runbook:
        """The runbook, linted; raises UsageError, or InvalidRunbookError with every problem."""
        from sopctl.runbook import lint  # noqa: PLC0415  # as above

        return lint.load(self.path(name), self.known())

    def lint(self, name: str) -> tuple[Problem, ...]:
        """All problems of *name*, and advice."""
        from sopctl.runbook import lint  # noqa: PLC0415  # as above

        return lint.lint(self.path(name), self.known())

    def _places(self) -> tuple[Path, ...]:
        from sopctl.runbook import loader  # noqa: PLC0415  # as above

        return (*self._dirs, loader.packaged())
