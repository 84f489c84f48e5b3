"""``sopctl drill history``."""

from __future__ import annotations

import click

from sopctl.app import drills
from sopctl.cli import completions, options
from sopctl.cli.context import Context
from sopctl.views import drill as view


@click.command()
@click.argument("name", required=False, default="", shell_complete=completions.runbooks)
@options.output
@click.pass_obj
def history(context: Context, /, name: str, output: str) -> None:
    """List the drills that were held, of the runbook NAME or of all, and how they changed."""
    found = drills.history(context.app.settings.state, name)
    if output == "json":
        context.out.data(*(view.short(each) for each in found))
    else:
        context.out.show(view.history(found))
