"""``sopctl sandbox stop``."""

from __future__ import annotations

import click

from sopctl.app import worlds
from sopctl.cli.context import Context
from sopctl.sandbox.process import lifecycle
from sopctl.views.lines import line


@click.command()
@click.pass_obj
def stop(context: Context, /) -> None:
    """Stop the sandbox; its world is gone, the journals stay."""
    ran = lifecycle.stop(context.app.settings.state)
    if ran:
        worlds.ended(context.app.store, "the sandbox was stopped")
    context.out.show([line("the sandbox has stopped" if ran else "the sandbox does not run")])
