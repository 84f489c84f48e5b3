"""``sopctl plan``: what a runbook would change now."""

from __future__ import annotations

import click

from sopctl.app import plans
from sopctl.cli import completions, options, work
from sopctl.cli.context import Context
from sopctl.cli.runbook_options import RunbookCommand, loaded
from sopctl.core.errors import ExitCode


@click.command(cls=RunbookCommand)
@click.argument("name", metavar="NAME", shell_complete=completions.runbooks)
@options.planning
@click.option("--plan-out", type=options.FILE, help="Write the plan to a file.")
@click.option("--exit-code", is_flag=True, help="Exit with 10 if the plan has changes.")
@click.pass_context
def plan(ctx: click.Context, /, **given: object) -> int:
    """Show what the runbook NAME would change now, and change nothing."""
    context: Context = ctx.obj
    asked = options.asked({**given, "dry_run": True})
    view = work.view(context, asked, "")
    with context.app.desk(context.app.target(asked.target), view) as desk:
        made = work.planned(context, desk, loaded(ctx), asked)
        work.show(context, made, asked)
        if asked.plan_out:
            plans.save(made, asked.plan_out)
        work.show_stats(context, desk, asked)
    changes = given["exit_code"] and not made.empty
    return ExitCode.PLAN_HAS_CHANGES if changes else ExitCode.DONE
