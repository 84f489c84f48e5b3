"""``sopctl watch``: stay with a run, and keep its mitigation alive."""

from __future__ import annotations

import click

from sopctl.app import standing
from sopctl.cli import completions, onwards, options, vigil
from sopctl.cli.context import Context


@click.command()
@click.argument("run", required=False, default="", shell_complete=completions.runs)
@click.option("--once", is_flag=True, help="Look once and end, for cron.")
@click.option(
    "--every",
    type=click.FloatRange(min=1.0),
    default=60.0,
    show_default=True,
    help="Seconds between two looks, on the target's clock.",
)
@options.output
@options.target
@click.pass_obj
def watch(context: Context, /, run: str, once: bool, every: float, **given: object) -> int:  # noqa: FBT001  # click hands flags over so
    """Stay with RUN: await its effects, then keep its mitigation alive.

    Steps with `keep: true` are applied to resources that appear later, in the same run and within
    the bound its plan showed. What somebody else reverted is reported, and not fought over.
    Without RUN: the one that is open, or else the latest that still has something in place.
    """
    asked = options.asked(given)
    found = standing.states(context.app.store, context.app.known(asked.target))
    state = standing.find(found, run) if run else vigil.latest(context, found)
    if state.end is None and (code := onwards.go_on(context, asked, state, vigil.nothing)):
        return code
    return vigil.keep(context, asked, state, vigil.Pace(every=every, once=once))
