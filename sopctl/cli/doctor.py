"""``sopctl doctor``: is this cluster ready for the next zone failure?"""

from __future__ import annotations

import click

from sopctl.app import doctor as examination
from sopctl.cli import options
from sopctl.cli.context import Context
from sopctl.cli.watching import Silent
from sopctl.core import readiness
from sopctl.core.errors import ExitCode
from sopctl.views import doctor as views


@click.command()
@click.option(
    "--only", multiple=True, metavar="CHECK", help="Only this check, by its id or its row; repeat."
)
@options.output
@options.target
@click.pass_obj
def doctor(context: Context, /, only: tuple[str, ...], **given: object) -> int:
    """Ask every check of readiness; changes nothing.

    Exits with 23 if something is not ready, and with 75 if nothing at all could be read.
    """
    asked = options.asked(given)
    checks = examination.asked_for(context.app.catalogs().checks, only)
    with context.app.desk(context.app.target(asked.target), Silent()) as desk:
        found = examination.examine(desk.place.connection.clients, checks)
    score = readiness.score(found)
    if asked.json:
        context.out.data(views.data(found, score))
    else:
        context.out.show(views.findings(found, score))
    bad = any(each.state is readiness.State.NOT_READY for each in found)
    blind = bool(found) and all(each.state is readiness.State.UNKNOWN for each in found)
    return ExitCode.HALTED if bad else ExitCode.TEMPORARY if blind else ExitCode.DONE
