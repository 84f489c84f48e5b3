"""``sopctl sandbox start``."""

from __future__ import annotations

import click

from sopctl.app import scenarios
from sopctl.cli import completions
from sopctl.cli.context import Context
from sopctl.core.errors import RefusedError
from sopctl.sandbox.process import lifecycle
from sopctl.views import sandbox


@click.command()
@click.option(
    "--rate",
    type=click.FloatRange(min=0, max=1000),
    default=30.0,
    help="World seconds a second; at 0 it moves by `sopctl sandbox time step` only.",
)
@click.option(
    "--scenario",
    default="",
    metavar="NAME",
    shell_complete=completions.scenarios,
    help="The world of this scenario, by name or file; its timeline begins with "
    "`sopctl sandbox scenario play`.",
)
@click.pass_obj
def start(context: Context, /, rate: float, scenario: str) -> None:
    """Start the sandbox, if it does not run, and wait until it is healthy."""
    settings = context.app.settings
    wanted = scenarios.load(settings, scenario) if scenario else None
    if wanted is not None and (runs := lifecycle.status(settings.state)):
        other = scenarios.loaded(runs)
        if other != wanted:
            raise RefusedError(
                f"the sandbox runs already, with the scenario {other.name}",
                hint=f"Exchange its world by `sopctl sandbox scenario load {scenario}`.",
            )
    if wanted is None:
        found = lifecycle.start(settings.state, rate=rate)
    else:
        found = lifecycle.start(
            settings.state,
            rate=rate,
            scenario=scenarios.as_json(wanted),
            patience=scenarios.patience(wanted),
        )
    context.out.show(sandbox.running(found))
