"""``sopctl sandbox start``."""

from __future__ import annotations

import click

from sopctl.app import scenarios
from sopctl.cli import completions
from sopctl.cli.context import Context
from sopctl.core.errors import RefusedError
from sopctl.sandbox.k8s import releases
from sopctl.sandbox.process import lifecycle
from sopctl.sandbox.scenario.model import Scenario
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
@click.option(
    "--version",
    type=click.Choice(releases.SUPPORTED),
    default=None,
    help="The release of Kubernetes it answers as; the scenario's if not given.",
)
@click.pass_obj
def start(context: Context, /, rate: float, scenario: str, version: str | None) -> None:
    """Start the sandbox, if it does not run, and wait until it is healthy."""
    settings = context.app.settings
    wanted = scenarios.load(settings, scenario) if scenario else None
    if version is not None:
        wanted = scenarios.of_release(wanted, version)
    if wanted is not None and (runs := lifecycle.status(settings.state)):
        other = scenarios.loaded(runs)
        if other != wanted:
            raise _other(other, scenario, version)
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


def _other(running: Scenario, scenario: str, version: str | None) -> RefusedError:
    text = f"the sandbox runs already, with the scenario {running.name}"
    if version is None:
        hint = f"Exchange its world by `sopctl sandbox scenario load {scenario}`."
        return RefusedError(text, hint=hint)
    hint = "End it by `sopctl sandbox stop` and start it again."
    return RefusedError(f"{text} on Kubernetes {running.world.version}", hint=hint)
