"""``sopctl sandbox time``: real, accelerated, or standing still until it is told to go on."""

from __future__ import annotations

from typing import Any

import click

from sopctl.cli.context import Context
from sopctl.core.errors import UsageError
from sopctl.notation import duration
from sopctl.sandbox.process import lifecycle
from sopctl.views.lines import Line, line

SLICE = 300  # world seconds in one request


@click.group("time", invoke_without_command=True)
@click.pass_context
def time_(ctx: click.Context, /) -> None:
    """Show or change how the world's time passes; without a command it is shown."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@time_.command()
@click.pass_obj
def show(context: Context, /) -> None:
    """Show the world's time and its rate."""
    running = lifecycle.required(context.app.settings.state)
    context.out.show(_lines(lifecycle.control(running, "GET", "/clock")))


@time_.command()
@click.argument("rate", type=click.FloatRange(0, 1000))
@click.option("--skip-waits", is_flag=True, help="Let sopctl's own waits pass at once.")
@click.pass_obj
def rate(context: Context, /, rate: float, *, skip_waits: bool) -> None:
    """Let RATE world seconds pass in a second; 1 is real time, at 0 the world stands still."""
    running = lifecycle.required(context.app.settings.state)
    body = {"rate": rate, "skips": skip_waits}
    context.out.show(_lines(lifecycle.control(running, "POST", "/clock", body)))


@time_.command()
@click.argument("span")
@click.pass_obj
def step(context: Context, /, span: str) -> None:
    """Let the world live through SPAN at once, such as 10m; works at any rate."""
    try:
        left = duration.seconds(span)
    except ValueError as error:
        raise UsageError(f"{span!r} is not a duration", hint=duration.HINT) from error
    running = lifecycle.required(context.app.settings.state)
    while left > 0:
        lifecycle.control(running, "POST", "/clock/step", {"seconds": min(left, SLICE)})
        left -= SLICE
    context.out.show(_lines(lifecycle.control(running, "GET", "/clock")))


def _lines(clock: Any) -> list[Line]:  # noqa: ANN401  # JSON of the control API
    how = f"{clock['rate']:g} times as fast as here"
    if clock["rate"] == 0:
        how = "standing still: `sopctl sandbox time step 10m` lets it go on"
    elif clock["rate"] == 1:
        how = "in real time"
    skips = "; whoever waits there skips the time" if clock["waits"] == "step" else ""
    return [line((str(clock["now"])[:19].replace("T", " "), "strong"), f" UTC, {how}{skips}")]
