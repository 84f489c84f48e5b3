"""``sopctl sandbox reset``."""

from __future__ import annotations

import click

from sopctl.app import worlds
from sopctl.cli.context import Context
from sopctl.sandbox.process import lifecycle
from sopctl.views import sandbox


@click.command()
@click.pass_obj
def reset(context: Context, /) -> None:
    """Bring the running sandbox back to its first state.

    Runs that had something in place there are forgotten: there is nothing to take back.
    """
    context.out.show(sandbox.running(lifecycle.reset(context.app.settings.state)))
    worlds.ended(context.app.store, "the sandbox was reset")
