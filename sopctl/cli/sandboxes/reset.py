"""``sopctl sandbox reset``."""

from __future__ import annotations

import click

from sopctl.cli.context import Context
from sopctl.sandbox.process import lifecycle
from sopctl.views import sandbox


@click.command()
@click.pass_obj
def reset(context: Context, /) -> None:
    """Bring the running sandbox back to its first state."""
    context.out.show(sandbox.running(lifecycle.reset(context.app.settings.state)))
