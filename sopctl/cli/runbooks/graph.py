"""``sopctl runbook graph``: the order of the steps, and what each waits for."""

from __future__ import annotations

import click

from sopctl.cli import completions, options
from sopctl.cli.context import Context
from sopctl.views import graph as view


@click.command()
@click.argument("name", shell_complete=completions.runbooks)
@click.option("--mermaid", is_flag=True, help="Print a flowchart for a page, as Mermaid draws it.")
@options.output
@click.pass_obj
def graph(context: Context, /, name: str, *, mermaid: bool, **given: object) -> None:
    """Show in which order the steps of NAME run, and what each waits for."""
    book = context.app.library.load(name)
    found = view.nodes(book, context.app.catalogs().actions)
    if options.asked(given).json:
        context.out.data(view.data(book, found))
    elif mermaid:
        context.out.write(view.mermaid(book, found))
    else:
        context.out.show(view.tree(book, found))
