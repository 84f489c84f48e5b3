"""``sopctl sandbox status``."""

from __future__ import annotations

import click

from sopctl.cli.context import Context
from sopctl.core.errors import ExitCode
from sopctl.sandbox.process import lifecycle
from sopctl.views import sandbox


@click.command()
@click.pass_obj
def status(context: Context, /) -> int:
    """Say whether the sandbox runs, and where; exits with 75 if it does not."""
    found = lifecycle.status(context.app.settings.state)
    context.out.show(sandbox.running(found) if found else sandbox.absent())
    return ExitCode.DONE if found else ExitCode.TEMPORARY
