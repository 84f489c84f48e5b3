"""``sopctl action``: what runbooks can use."""

from __future__ import annotations

from typing import Final

import click

from sopctl.cli.lazy import Commands, LazyGroup

_ROOM: Final = "sopctl.cli.rooms.actions"
COMMANDS: Final[Commands] = {
    "list": (f"{_ROOM}:list_", "List the actions, your own included."),
    "show": (f"{_ROOM}:show", "Show parameters, permissions and traps of one."),
    "new": ("sopctl.cli.rooms.new:new_action", "Write the beginning of an action of your own."),
}


@click.group(cls=LazyGroup, commands_table=COMMANDS)
def action() -> None:
    """List and show the actions that runbooks can use, and begin new ones."""
