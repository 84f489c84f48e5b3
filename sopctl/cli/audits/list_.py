"""``sopctl audit list``: every run."""

from __future__ import annotations

import click

from sopctl.app import standing
from sopctl.cli import options
from sopctl.cli.context import Context
from sopctl.views import audit


@click.command("list")
@options.output
@options.target
@click.pass_obj
def list_(context: Context, /, **given: object) -> None:
    """List every run, oldest first: when, what, where, who, and how it ended."""
    asked = options.asked(given)
    states = standing.states(context.app.store, context.app.known(asked.target))
    if asked.json:
        context.out.data(*audit.listed_data(states))
    else:
        context.out.show(audit.listed(states))
