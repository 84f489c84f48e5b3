"""The page of a drill, if what draws its charts is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from sopctl.app import files
from sopctl.cli.context import Context
from sopctl.core.drill import Drill
from sopctl.views.lines import line

HINT = "Install it: pip install 'sopctl[drill]'."


def write_page(context: Context, drill: Drill, file: Path) -> Path | None:
    """The *file* with the page; None, and a note, where there is nothing to draw with."""
    if find_spec("matplotlib") is None:
        context.err.show([line("note: ", f"no page is written without matplotlib. {HINT}")])
        return None
    from sopctl.views import drill_page  # noqa: PLC0415  # half a second

    files.write(file, drill_page.page(drill))
    return file
