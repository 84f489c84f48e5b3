"""``sopctl runbook schema``: for editors."""

from __future__ import annotations

import click

from sopctl.cli.context import Context
from sopctl.runbook import schema as runbook_schema


@click.command()
@click.pass_obj
def schema(context: Context, /) -> None:
    """Print the JSON Schema of runbooks, for editors."""
    context.out.write(runbook_schema.text())
