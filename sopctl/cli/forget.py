"""``sopctl forget``: end a run whose target is no more."""

from __future__ import annotations

import click

from sopctl.app import actor, standing
from sopctl.cli import completions
from sopctl.cli.context import Context
from sopctl.core.errors import RefusedError
from sopctl.engine import control
from sopctl.engine.holdings import holdings
from sopctl.engine.state import RunState
from sopctl.views.lines import count, line


@click.command()
@click.argument("run", shell_complete=completions.runs)
@click.option("--reason", required=True, help="Why nothing of it can be taken back.")
@click.option("--yes", is_flag=True, help="Do not ask, even if something is in place.")
@click.pass_obj
def forget(context: Context, /, run: str, reason: str, *, yes: bool) -> None:
    """Say that the target of RUN is no more, so that nothing of it is in place any longer.

    For a cluster that was deleted. Nothing is changed but the journal, which keeps everything; but
    what is in place on a target that still exists can then not be rolled back any more.
    """
    store = context.app.store
    states = standing.states(store)
    found = standing.find(states, run)
    held = sum(each.run == found.run for each in holdings(states))
    if held and not yes:
        _agree(context, found, held)
    control.forget(store, found.run, actor.worker(), reason)
    context.out.show([line("Run ", (found.run, "strong"), " is forgotten: nothing is in place.")])


def _agree(context: Context, state: RunState, held: int) -> None:
    """What is in place is given up for ever: that is asked for; raises RefusedError."""
    assert state.plan is not None
    what = f"{count(held, 'change')} of {state.plan.runbook} on {state.plan.target['name']}"
    if not context.terminal.interactive:
        raise RefusedError(
            f"{what} could not be rolled back any more, and there is no terminal to ask on",
            hint="Give --yes if the target is no more; else `sopctl rollback`.",
        )
    if not context.terminal.confirm(f"Give up {what}, which could never be rolled back?"):
        raise RefusedError("not confirmed", hint="Nothing was changed.")
