"""``sopctl runbook show``: the procedure itself."""

from __future__ import annotations

import click

from sopctl.app import drills
from sopctl.cli import completions, options
from sopctl.cli.context import Context
from sopctl.core.codec import encode
from sopctl.views import drilled, runbooks
from sopctl.views.lines import line


@click.command()
@click.argument("name", shell_complete=completions.runbooks)
@click.option("--source", is_flag=True, help="Print the file as it is.")
@options.output
@click.pass_obj
def show(context: Context, /, name: str, *, source: bool, **given: object) -> None:
    """Show what NAME is for, its parameters, its steps and its way back."""
    book = context.app.library.load(name)
    if source:
        context.out.write(book.source)
    elif options.asked(given).json:
        context.out.data({"schema": "sopctl.runbook/1", "runbook": encode(book)})
    else:
        context.out.show(runbooks.shown(book))
        found = drills.last(context.app.settings.state, name)
        context.out.show([line((drilled.last(found), "quiet"))])
