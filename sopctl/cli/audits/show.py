"""``sopctl audit show``: the timeline of a run."""

from __future__ import annotations

import click

from sopctl.app import standing
from sopctl.cli import completions, options
from sopctl.cli.context import Context
from sopctl.core.codec import encode
from sopctl.views import audit


@click.command()
@click.argument("run", required=False, default="", shell_complete=completions.runs)
@options.output
@click.pass_obj
def show(context: Context, /, run: str, **given: object) -> None:
    """Show every record of RUN (default: the latest) as a sentence; -o json as it stands."""
    asked = options.asked(given)
    state = standing.named(context.app.store, run)
    records = context.app.store.read(state.run)
    if asked.json:
        context.out.data(*(encode(record) for record in records))
    else:
        context.out.show(audit.timeline(records))
