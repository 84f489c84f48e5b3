"""``sopctl sandbox top``: the world, live."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import click

from sopctl.cli.context import Context
from sopctl.core.clock import SystemClock
from sopctl.core.codec import decode
from sopctl.core.measures import Happened, Sample
from sopctl.sandbox.process import lifecycle
from sopctl.sandbox.process.running import Running
from sopctl.views import top as view

LATEST = 5  # things that happened


@click.command()
@click.option("--every", type=click.FloatRange(0.2), default=1.0, help="Seconds between two looks.")
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many looks.")
@click.pass_obj
def top(context: Context, /, every: float, count: int | None) -> None:
    """Show nodes, pods, launches and requests of the sandbox as they change; Ctrl-C ends it.

    Without a terminal each look is one line.
    """
    running = lifecycle.required(context.app.settings.state)
    clock, looks = SystemClock(), 0
    with suppress(KeyboardInterrupt), view.showing(context.out) as show:
        while not context.out.gone:
            show(_look(running))
            looks += 1
            if count is not None and looks >= count:
                return
            clock.sleep(every)


def _look(running: Running) -> view.Look:
    answer: Any = lifecycle.control(running, "GET", "/sample")
    told: Any = lifecycle.control(running, "GET", "/timeline")
    clock: Any = lifecycle.control(running, "GET", "/clock")
    return view.Look(
        now=str(answer["now"])[:19].replace("T", " "),
        rate=float(clock["rate"]),
        sample=decode(Sample, answer["sample"]),
        happened=tuple(decode(Happened, each) for each in told["happened"][-LATEST:]),
    )
