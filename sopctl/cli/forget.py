"""``sopctl forget``: end a run whose target is no more."""

from __future__ import annotations

import click

from sopctl.app import actor, standing
from sopctl.cli import completions
from sopctl.cli.context import Context
from sopctl.engine import control
from sopctl.views.lines import line


@click.command()
@click.argument("run", shell_complete=completions.runs)
@click.option("--reason", required=True, help="Why nothing of it can be taken back.")
@click.pass_obj
def forget(context: Context, /, run: str, reason: str) -> None:
    """Say that the target of RUN is no more, so that nothing of it is in place any longer.

    For a cluster that was deleted. Nothing is changed but the journal, which keeps everything.
    """
    store = context.app.store
    found = standing.find(standing.states(store), run)
    control.forget(store, found.run, actor.worker(), reason)
    context.out.show([line("Run ", (found.run, "strong"), " is forgotten: nothing is in place.")])
