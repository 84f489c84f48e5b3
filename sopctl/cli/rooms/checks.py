"""``sopctl check list`` and ``sopctl check show``."""

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
    """List the checks, those of installed packages included."""
    found = context.app.catalogs().checks
    if options.asked(given).json:
        context.out.data(*rooms.checks_data(found))
    else:
        context.out.show(rooms.checks(found))


@click.command()
@click.argument("name", shell_complete=completions.checks)
@options.output
@click.pass_obj
def show(context: Context, /, name: str, **given: object) -> None:
    """Show what NAME does, its parameters, what it needs, and its traps."""
    found = context.app.catalogs().checks
    if name not in found:
        raise UsageError(f"there is no check {name}", hint=did_you_mean(name, found, what="checks"))
    if options.asked(given).json:
        context.out.data(*rooms.checks_data({name: found[name]}))
    else:
        context.out.show(rooms.check(found[name]))
