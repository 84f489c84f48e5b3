"""``sopctl check``: what runbooks can use."""

from __future__ import annotations

from typing import Final

import click

from sopctl.cli.lazy import Commands, LazyGroup

_ROOM: Final = "sopctl.cli.rooms.checks"
COMMANDS: Final[Commands] = {
    "list": (f"{_ROOM}:list_", "List the checks, your own included."),
    "show": (f"{_ROOM}:show", "Show parameters, permissions and traps of one."),
    "new": ("sopctl.cli.rooms.new:new_check", "Write the beginning of a check of your own."),
}


@click.group(cls=LazyGroup, commands_table=COMMANDS)
def check() -> None:
    """List and show the checks that runbooks can use, and begin new ones."""
