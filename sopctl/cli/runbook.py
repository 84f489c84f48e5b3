"""``sopctl runbook``: what there is to run, and whether it is in order."""

from __future__ import annotations

from typing import Final

import click

from sopctl.cli.lazy import Commands, LazyGroup

_ROOM: Final = "sopctl.cli.runbooks"
COMMANDS: Final[Commands] = {
    "list": (f"{_ROOM}.list_:list_", "List the runbooks."),
    "show": (f"{_ROOM}.show:show", "Show the procedure, its parameters and steps."),
    "graph": (f"{_ROOM}.graph:graph", "Show the order of its steps, and what each waits for."),
    "lint": (f"{_ROOM}.lint:lint", "Find everything wrong with a runbook without running it."),
    "schema": (f"{_ROOM}.schema:schema", "Print the JSON Schema for editors."),
    "new": (f"{_ROOM}.new:new", "Write the beginning of a runbook."),
}


@click.group(cls=LazyGroup, commands_table=COMMANDS)
def runbook() -> None:
    """List, show, check and create runbooks."""
