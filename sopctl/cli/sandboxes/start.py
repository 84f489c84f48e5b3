"""``sopctl sandbox start``."""

from __future__ import annotations

import click

from sopctl.cli.context import Context
from sopctl.sandbox.process import lifecycle
from sopctl.views import sandbox


@click.command()
@click.option(
    "--rate", type=click.FloatRange(min=0.1, max=1000), default=30.0, help="World seconds a second."
)
@click.pass_obj
def start(context: Context, /, rate: float) -> None:
    """Start the sandbox, if it does not run, and wait until it is healthy."""
    context.out.show(sandbox.running(lifecycle.start(context.app.settings.state, rate=rate)))
