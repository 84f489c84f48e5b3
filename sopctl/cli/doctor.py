"""``sopctl doctor``: is this cluster ready for the next zone failure?"""

from __future__ import annotations

from pathlib import Path

import click

from sopctl.app import files
from sopctl.app.doctor import examining, whole
from sopctl.cli import options
from sopctl.cli.context import Context
from sopctl.cli.watching import Aside
from sopctl.core import readiness
from sopctl.core.errors import ExitCode
from sopctl.views import doctor as views
from sopctl.views import doctor_page
from sopctl.views.lines import line


@click.command()
@click.option(
    "--only",
    multiple=True,
    metavar="CHECK",
    help="Only this check, by its id or its row of the practice; repeat.",
)
@click.option(
    "--runbooks/--no-runbooks",
    default=True,
    help="Also carry each runbook out in memory, and take it back.",
)
@click.option("--html", "page", type=options.FILE, help="Write the findings to a page, too.")
@options.output
@options.target
@click.pass_obj
def doctor(context: Context, /, only: tuple[str, ...], page: Path | None, **given: object) -> int:
    """Ask every check of readiness; changes nothing.

    Exits with 23 if something is not ready, and with 75 if nothing at all could be read.
    """
    wish = whole.Asked(only=only, runbooks=bool(given.pop("runbooks")))
    asked, app = options.asked(given), context.app
    checks = examining.asked_for(app.catalogs().checks, only, whole.names(app.library))
    if page is not None:
        files.refuse_unwritable(page)
    if not asked.json:
        proved = f", and {len(app.library.names())} runbooks" if wish.runbooks and not only else ""
        asking = "1 check" if len(checks) == 1 else f"{len(checks)} checks"
        context.err.show([line((f"Asking {asking}{proved}. Nothing is changed.", "quiet"))])
    with app.desk(app.target(asked.target), Aside(context.err)) as desk:
        found = whole.examine(desk, wish, checks, app.library, app.settings)
        target = desk.place.target.name
    score = readiness.score(found)
    if page is not None:
        files.write(page, doctor_page.page(target, found, score))
    if asked.json:
        context.out.data(views.data(found, score))
    else:
        context.out.show(views.findings(found, score))
    bad = any(each.state is readiness.State.NOT_READY for each in found)
    blind = bool(found) and all(each.state is readiness.State.UNKNOWN for each in found)
    return ExitCode.HALTED if bad else ExitCode.TEMPORARY if blind else ExitCode.DONE
