"""``sopctl drill NAME``."""

from __future__ import annotations

from pathlib import Path

import click

from sopctl.app import drills, scenarios
from sopctl.app.composition import new_run
from sopctl.cli import completions, options
from sopctl.cli.context import Context
from sopctl.cli.drills import holding
from sopctl.cli.drills.holding import Wish
from sopctl.cli.drills.pages import write_page
from sopctl.core.errors import ExitCode
from sopctl.views import drill as view


@click.command()
@click.argument("name", metavar="NAME", shell_complete=completions.runbooks)
@click.option(
    "--scenario",
    default="",
    metavar="NAME",
    shell_complete=completions.scenarios,
    help="In which world, by name or file; default: the first that is made for the runbook.",
)
@click.option(
    "--param", multiple=True, metavar="NAME=VALUE", help="A parameter; default: the scenario's."
)
@click.option(
    "--auto/--hands-on",
    default=True,
    help="auto: the drill runs the runbook and answers its gates; hands-on: the world runs in "
    "real time, and you do it.",
)
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 1000),
    default=1.0,
    help="Of a hands-on drill: world seconds a second.",
)
@click.option("--alone", is_flag=True, help="Do not compare with the world in which nobody acts.")
@click.option("--page", type=options.FILE, help="Where to write the page with charts.")
@options.output
@click.pass_obj
def run(context: Context, /, *, page: Path | None, **given: object) -> int:
    """Rehearse the runbook NAME.

    The exit code is 0 if the run and its roll back were done and everything is as before, else 21.
    """
    asked = options.asked(given)
    settings = context.app.settings
    name = str(given["name"])
    context.app.library.load(name)
    scenario = scenarios.for_runbook(settings, name, str(given["scenario"]))
    wish = Wish(
        id=new_run(),
        runbook=name,
        scenario=scenario,
        params=asked.values,
        alone=bool(given["alone"]),
        rate=float(str(given["rate"])),
    )
    if not asked.json:
        context.err.show(view.announced(name, scenario))
    held = holding.auto(context, wish) if given["auto"] else holding.hands_on(context, wish)
    path = drills.save(settings.state, held)
    file = write_page(context, held, page or path.with_name("drill.html"))
    if asked.json:
        context.out.data(view.data(held))
    else:
        context.out.show(view.lines(held, file))
    return ExitCode.DONE if held.passed else ExitCode.FAILED
