"""``sopctl watch``: stay with a run until its effects are seen."""

from __future__ import annotations

import click

from sopctl.app import standing
from sopctl.cli import completions, onwards, options
from sopctl.cli.context import Context
from sopctl.core.journal import Entry


@click.command()
@click.argument("run", required=False, default="", shell_complete=completions.runs)
@options.output
@options.target
@click.pass_obj
def watch(context: Context, /, run: str, **given: object) -> int:
    """Advance RUN in the foreground and show it; nothing is decided here.

    For systemd or cron: it ends when the run ends or waits for a person. Steps that are kept
    (`keep: true`) are not applied to resources that appear later.
    """
    asked = options.asked(given)
    found = standing.states(context.app.store, asked.target)
    state = standing.find(found, run) if run else onwards.open_one(found)

    def nothing(*_: object) -> list[Entry]:
        return []

    return onwards.go_on(context, asked, state, nothing)
