"""``sopctl target check``: who answers, and is it who is pinned?"""

from __future__ import annotations

import click

from sopctl.cli import completions, options
from sopctl.cli.context import Context
from sopctl.cli.watching import Aside
from sopctl.core.codec import encode
from sopctl.core.errors import ExitCode
from sopctl.views import targets


@click.command()
@click.argument("name", required=False, default="", shell_complete=completions.targets)
@options.output
@click.pass_obj
def check(context: Context, /, name: str, **given: object) -> int:
    """Ask the target NAME who it is; a mismatch with what is pinned is refused."""
    target = context.app.target(name)
    with context.app.desk(target, Aside(context.err)) as desk:
        found = desk.identify()
    if options.asked(given).json:
        context.out.data({"schema": "sopctl.identity/1", "identity": encode(found)})
    else:
        context.out.show(targets.identity(target, found))
    return ExitCode.TEMPORARY if found.unreachable else ExitCode.DONE
