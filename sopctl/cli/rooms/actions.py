"""``sopctl action list`` and ``sopctl action show``."""

from __future__ import annotations

import click

from sopctl.cli import completions, options
from sopctl.cli.context import Context
from sopctl.core.errors import UsageError
from sopctl.notation.suggest import did_you_mean
from sopctl.views import rooms


@click.command("list")
@options.output
@click.pass_obj
def list_(context: Context, /, **given: object) -> None:
    """List the actions, those of installed packages included."""
    found = context.app.catalogs().actions
    if options.asked(given).json:
        context.out.data(*rooms.actions_data(found))
    else:
        context.out.show(rooms.actions(found))


@click.command()
@click.argument("name", shell_complete=completions.actions)
@options.output
@click.pass_obj
def show(context: Context, /, name: str, **given: object) -> None:
    """Show what NAME does, its parameters, what it needs, and its traps."""
    found = context.app.catalogs().actions
    if name not in found:
        raise UsageError(
            f"there is no action {name}", hint=did_you_mean(name, found, what="actions")
        )
    if options.asked(given).json:
        context.out.data(*rooms.actions_data({name: found[name]}))
    else:
        context.out.show(rooms.action(found[name]))
