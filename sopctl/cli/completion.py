"""``sopctl completion``: the script that a shell loads."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from sopctl.cli.context import Context


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, /, shell: str) -> None:
    """Print the completion script of SHELL, for its start-up file.

    bash: `eval "$(sopctl completion bash)"`
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = ctx.find_root()
    context: Context = ctx.obj
    context.out.write(kind(root.command, {}, "sopctl", "_SOPCTL_COMPLETE").source())
