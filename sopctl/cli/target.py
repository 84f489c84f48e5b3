"""``sopctl target``: the clusters that have a name, and who they are."""

from __future__ import annotations

from typing import Final

import click

from sopctl.cli.lazy import Commands, LazyGroup

_ROOM: Final = "sopctl.cli.targets"
COMMANDS: Final[Commands] = {
    "list": (f"{_ROOM}.list_:list_", "List the targets."),
    "add": (f"{_ROOM}.add:add", "Give a cluster a name and pin who it is."),
    "check": (f"{_ROOM}.check:check", "Ask a target who it is, and compare."),
}


@click.group(cls=LazyGroup, commands_table=COMMANDS)
def target() -> None:
    """List, add and check targets.

    A target is one cluster with the AWS account and region it lives in. Its identities are
    pinned, and compared before anything is changed.
    """
