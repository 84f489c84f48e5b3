"""``sopctl status``: runs under way, and mitigations still in place."""

from __future__ import annotations

import click

from sopctl.app import standing
from sopctl.cli import options
from sopctl.cli.context import Context
from sopctl.core.errors import ExitCode
from sopctl.views import status as status_view


@click.command()
@click.option("--all", "everything", is_flag=True, help="Show runs that are over, too.")
@options.output
@options.target
@click.pass_obj
def status(context: Context, /, everything: bool, **given: object) -> int:  # noqa: FBT001  # click's flag
    """Show runs that work, wait or were interrupted, and what is still in place, since when."""
    asked = options.asked(given)
    target = context.app.known(asked.target)
    rows = standing.standings(context.app.store, target, context.app.now_of)
    over = standing.Standing.OVER
    shown = [each for each in rows if everything or each.standing is not over]
    if asked.json:
        context.out.data(*status_view.data(shown))
    else:
        context.out.show(status_view.lines(shown))
    return ExitCode.DONE
