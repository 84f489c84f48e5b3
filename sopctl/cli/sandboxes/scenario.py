"""``sopctl sandbox scenario``: which there are, what is in one, and another world."""

from __future__ import annotations

import click

from sopctl.app import scenarios, worlds
from sopctl.cli import completions, options
from sopctl.cli.context import Context
from sopctl.sandbox.process import lifecycle
from sopctl.views import scenario as view
from sopctl.views.lines import line


@click.group()
def scenario() -> None:
    """List, show and load scenarios: a world, what happens to it, and what is measured.

    Your own lie in the directory `scenarios` beside your runbooks, or are named by their file.
    """


@scenario.command("list")
@options.output
@click.pass_obj
def list_(context: Context, /, output: str) -> None:
    """List the scenarios that can be named."""
    found = scenarios.shelf(context.app.settings)
    if output == "json":
        context.out.data([{"name": each.name, "title": each.metadata.title} for each in found])
    else:
        context.out.show(view.listed(found))


@scenario.command()
@click.argument("name", shell_complete=completions.scenarios)
@options.output
@click.pass_obj
def show(context: Context, /, name: str, output: str) -> None:
    """Show the scenario NAME, or the one in a file; every problem of it is said."""
    found = scenarios.load(context.app.settings, name)
    if output == "json":
        context.out.data(found.model_dump(mode="json", by_alias=True))
    else:
        context.out.show(view.lines(found))


@scenario.command()
@click.argument("name", shell_complete=completions.scenarios)
@click.option("--play", is_flag=True, help="Also let its timeline begin.")
@click.pass_obj
def load(context: Context, /, name: str, *, play: bool) -> None:
    """Exchange the world of the running sandbox for that of the scenario NAME.

    Runs that had something in place there are forgotten: there is nothing to take back.
    """
    found = scenarios.load(context.app.settings, name)
    running = lifecycle.required(context.app.settings.state)
    lifecycle.control(running, "POST", "/scenario", {"scenario": scenarios.as_json(found)})
    worlds.ended(context.app.store, f"the sandbox was given the scenario {found.name}")
    context.out.show([line("The sandbox has the world of ", (found.name, "strong"), ".")])
    if play:
        lifecycle.control(running, "POST", "/timeline")
        context.out.show(view.timeline(found))


@scenario.command()
@click.pass_obj
def play(context: Context, /) -> None:
    """Let the timeline of the loaded scenario begin now."""
    running = lifecycle.required(context.app.settings.state)
    lifecycle.control(running, "POST", "/timeline")
    context.out.show(view.timeline(scenarios.loaded(running)))
