"""``sopctl audit``: the journals, as they are."""

from __future__ import annotations

from typing import Final

import click

from sopctl.cli.lazy import Commands, LazyGroup

_AUDIT: Final = "sopctl.cli.audits"
COMMANDS: Final[Commands] = {
    "list": (f"{_AUDIT}.list_:list_", "List every run."),
    "show": (f"{_AUDIT}.show:show", "Show the timeline of a run: who, what, when, why."),
    "verify": (f"{_AUDIT}.verify:verify", "Check that no journal was edited, cut or reordered."),
    "export": (f"{_AUDIT}.export:export", "Write a run as JSON lines, Markdown or HTML."),
    "import": (f"{_AUDIT}.import_:import_", "Add an exported run, verified."),
}


@click.group(cls=LazyGroup, commands_table=COMMANDS)
def audit() -> None:
    """List, show, verify, export and import journals."""
