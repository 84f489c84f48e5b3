"""``sopctl sandbox env``."""

from __future__ import annotations

import shlex

import click

from sopctl.cli.context import Context
from sopctl.sandbox.process import lifecycle


@click.command()
@click.pass_obj
def env(context: Context, /) -> None:
    """Print exports for `eval "$(sopctl sandbox env)"`: aws, kubectl and boto3 see the sandbox."""
    found = lifecycle.environment(lifecycle.start(context.app.settings.state))
    rows = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(found.items())]
    context.out.write("".join(rows))
