"""``sopctl rollback``: take back what a run changed, from what its journal says was there."""

from __future__ import annotations

from pathlib import Path

import click

from sopctl.app.composition import new_run
from sopctl.cli import backwards, completions, options, work
from sopctl.cli.audits.import_ import add
from sopctl.cli.context import Context
from sopctl.core.errors import UsageError


@click.command()
@click.argument("run", required=False, default="", shell_complete=completions.runs)
@click.option("--latest", default="", metavar="NAME", help="The latest run of this runbook.")
@click.option(
    "--from",
    "file",
    type=options.FILE,
    help="The run in FILE, of `audit export` on another machine; added to this journal first.",
)
@click.option("--step", "steps", multiple=True, metavar="STEP", help="Only this step.")
@click.option(
    "--on-conflict",
    type=click.Choice(["ask", "keep", "restore", "skip"]),
    default="ask",
    help="What to do where somebody else changed it since.",
)
@click.option(
    "--at-once",
    is_flag=True,
    help="Undo a run that has not ended within itself, newest change first, without its stages.",
)
@click.option("--dry-run", is_flag=True, help="Show the plan and stop; changes nothing.")
@click.option("--full", is_flag=True, help="Name every resource instead of folding.")
@click.option("--stats", is_flag=True, help="Print how many API calls it took.")
@options.output
@options.target
@options.consenting
@click.pass_obj
def rollback(context: Context, /, run: str, latest: str, file: Path | None, **given: object) -> int:
    """Take back what RUN changed; without RUN, the only one that still holds something.

    Of several, the latest whose runbook says `revert_within`; otherwise you are asked to name one.

    That is a run of its own, in the stages of the runbook's `return`, each awaited. A run that
    has not ended is ended first, as it stands, once you agree.
    """
    asked = options.asked(given)
    if file:
        if run or latest:
            raise UsageError(
                f"--from names a run, and so does {run or '--latest'}",
                hint="Give only one of them.",
            )
        run = add(context, file, context.err)
    source = backwards.source(context, asked, run, latest)
    fresh = new_run()
    back = backwards.Back(context=context, asked=asked, source=source, run=fresh)
    name = source.run if back.within else fresh
    view = work.view(context, asked, name, context.app.store.read(name))
    target = context.app.target(backwards.target_name(source))
    with context.app.desk(target, view, run=name) as desk:
        code = back.undo(desk, view) if back.within else back.roll_back(desk, view)
        work.show_stats(context, desk, asked)
        return code
