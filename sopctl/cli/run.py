"""``sopctl run``: plan a runbook, show the plan, apply it once a person agrees."""

from __future__ import annotations

import click

from sopctl.app import plans
from sopctl.app.composition import new_run
from sopctl.cli import completions, consents, options, work
from sopctl.cli.context import Context
from sopctl.cli.drive import Ride, drive
from sopctl.cli.runbook_options import RunbookCommand, loaded
from sopctl.core.errors import ExitCode
from sopctl.views.lines import line


@click.command(cls=RunbookCommand)
@click.argument("name", metavar="NAME", shell_complete=completions.runbooks)
@options.planning
@options.consenting
@click.option("--dry-run", is_flag=True, help="Show the plan and stop; changes nothing.")
@click.option("--plan-out", type=options.FILE, help="Write the plan to a file.")
@click.option("--plan", "plan_file", type=options.FILE, help="Apply the plan in a file, as it is.")
@click.option("--again", is_flag=True, help="Start although a run like this one is open.")
@click.pass_context
def run(ctx: click.Context, /, **given: object) -> int:
    """Plan the runbook NAME, show the plan, and apply it once you agree.

    Nothing is changed before you have seen the plan. What stops on the way is kept as it is,
    and you are asked. `sopctl rollback` takes everything back.
    """
    context: Context = ctx.obj
    asked, book, run_id = options.asked(given), loaded(ctx), new_run()
    view = work.view(context, asked, run_id)
    with context.app.desk(context.app.target(asked.target), view, run=run_id) as desk:
        plan = work.from_file(desk, book, asked) or work.planned(context, desk, book, asked)
        work.show(context, plan, asked)
        if asked.plan_out:
            plans.save(plan, asked.plan_out)
        if asked.dry_run or plan.empty or (holder := work.already_held(desk, plan)):
            if not (asked.dry_run or plan.empty or asked.json):
                context.out.show([line(f"Nothing to do: run {holder} holds all of it.")])
            if found := work.open_one_like(context, plan):
                context.err.show([line(("note: ", "warn"), found[1])])
            work.show_stats(context, desk, asked)
            return ExitCode.DONE
        work.refuse_a_second(context, plan, asked)
        consent = consents.obtain(context, plan, asked)
        extra = {"reason": asked.reason, "incident": asked.incident}
        tty = context.terminal.interactive
        desk.open(run_id, plan, desk.header(book, tty=tty, extra=extra), consent)
        code = drive(
            Ride(context=context, desk=desk, view=view, asked=asked, run=run_id, fresh=True)
        )
        work.show_stats(context, desk, asked)
        return code
