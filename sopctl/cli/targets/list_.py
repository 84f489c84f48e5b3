"""``sopctl target list``: the targets that have a name."""

from __future__ import annotations

import click

from sopctl.cli import options
from sopctl.cli.context import Context
from sopctl.core.codec import encode
from sopctl.views import targets


@click.command("list")
@options.output
@click.pass_obj
def list_(context: Context, /, **given: object) -> None:
    """List the configured targets; the sandbox is always there."""
    found = context.app.targets.all()
    if options.asked(given).json:
        listed = ({"schema": "sopctl.target/1", "target": encode(each)} for each in found.values())
        context.out.data(*listed)
    else:
        context.out.show(targets.listed(found))
