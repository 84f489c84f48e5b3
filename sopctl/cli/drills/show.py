"""``sopctl drill show``."""

from __future__ import annotations

from pathlib import Path

import click

from sopctl.app import drills
from sopctl.cli import options
from sopctl.cli.context import Context
from sopctl.cli.drills.pages import write_page
from sopctl.views import drill as view


@click.command()
@click.argument("drill", required=False, default="")
@click.option("--page", type=options.FILE, help="Where to write the page with charts.")
@options.output
@click.pass_obj
def show(context: Context, /, drill: str, page: Path | None, output: str) -> None:
    """Show the drill with this id again; without one, the last that was held."""
    found = drills.find(context.app.settings.state, drill)
    file = write_page(context, found, page) if page else None
    if output == "json":
        context.out.data(view.data(found))
    else:
        context.out.show(view.lines(found, file))
