"""``sopctl resume``: go on with a run that is parked or was interrupted."""

from __future__ import annotations

import click

from sopctl.app import actor, standing
from sopctl.app.desk import Desk
from sopctl.cli import answers, completions, onwards, options
from sopctl.cli.context import Context
from sopctl.core.errors import UsageError
from sopctl.core.journal import Entry
from sopctl.engine.state import RunState


@click.command()
@click.argument("run", required=False, default="", shell_complete=completions.runs)
@click.option("--takeover", is_flag=True, help="Take the run from whoever works on it.")
@click.option("--retry", "steps", multiple=True, metavar="STEP", help="Retry this step.")
@click.option("--skip", "skips", multiple=True, metavar="STEP", help="Leave this step as it is.")
@click.option(
    "--end-here",
    is_flag=True,
    help="Keep what is in place, carry out nothing more, and end the run.",
)
@click.option(
    "--on-conflict",
    type=click.Choice(["ask", "keep", "restore", "skip"]),
    default="ask",
    help="What to do where somebody else changed it since.",
)
@click.option("--stats", is_flag=True, help="Print how many API calls it took.")
@options.output
@options.target
@options.consenting
@click.pass_obj
def resume(context: Context, /, run: str, *, end_here: bool, **given: object) -> int:
    """Go on with RUN; without RUN, with the one that has not ended.

    A call whose outcome is unknown is looked at first, never blindly repeated. Steps that could
    not be done before are shown as they would be done now.
    """
    asked = options.asked(given)
    if asked.takeover and not asked.reason:
        raise UsageError("a takeover needs a reason", hint="Give --reason TEXT.")
    found = standing.states(context.app.store, context.app.known(asked.target))
    state = standing.find(found, run) if run else onwards.open_one(context, found)
    if not end_here:
        return onwards.go_on(context, asked, state)

    def end(_: Desk, found: RunState) -> list[Entry]:
        if found.plan and found.plan.source_run:
            raise UsageError(
                f"run {found.run} is a roll back", hint="Go on with it: what it left is still open."
            )
        return answers.end_here(found, actor.user(), asked.reason)

    return onwards.go_on(context, asked, state, end)
