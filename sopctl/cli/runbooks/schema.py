"""``sopctl runbook schema``: for editors."""

from __future__ import annotations

import click

from sopctl.cli.context import Context
from sopctl.runbook import schema as runbook_schema


@click.command()
@click.option("--tests", is_flag=True, help="The schema of NAME.test.yaml, the tests of a runbook.")
@click.pass_obj
def schema(context: Context, /, *, tests: bool) -> None:
    """Print the JSON Schema of runbooks, for editors."""
    if not tests:
        context.out.write(runbook_schema.text())
        return
    from sopctl.runbook.trials.model import TITLE, TrialFileShape  # noqa: PLC0415  # seldom

    context.out.write(runbook_schema.text(TrialFileShape, TITLE))
