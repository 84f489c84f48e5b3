"""``sopctl runbook list``: what there is to run."""

from __future__ import annotations

import click

from sopctl.cli import options
from sopctl.cli.context import Context
from sopctl.views import runbooks


@click.command("list")
@options.output
@click.pass_obj
def list_(context: Context, /, **given: object) -> None:
    """List the runbooks: your own, then those that come with sopctl."""
    shelf = context.app.library.shelf()
    if options.asked(given).json:
        context.out.data(*runbooks.listed_data(shelf))
    else:
        context.out.show(runbooks.listed(shelf))
