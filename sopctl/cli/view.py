"""``sopctl view``: the cluster at a glance."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import click

from sopctl.app import files
from sopctl.app.overviews.looking import Onlooker
from sopctl.app.patience import speaking_up
from sopctl.cli import options
from sopctl.cli.context import Context
from sopctl.cli.options import Asked
from sopctl.cli.signals import interrupting
from sopctl.cli.watching import Aside
from sopctl.core.clock import SystemClock
from sopctl.core.errors import UsageError
from sopctl.core.overview import Overview
from sopctl.notation import duration
from sopctl.views import live as live_views
from sopctl.views.cluster import data, page, text
from sopctl.views.lines import Line, line

Show = Callable[[Overview], None]


@click.command()
@click.option("--live", is_flag=True, help="Look again and again; Ctrl-C ends it.")
@click.option(
    "--every", default="5s", show_default=True, metavar="TIME", help="With --live: the pause."
)
@click.option(
    "--html", "file", type=options.FILE, help="Write it as a page into this file instead."
)
@options.output
@options.target
@click.pass_obj
def view(context: Context, /, live: bool, every: str, file: Path | None, **given: object) -> None:  # noqa: FBT001  # click's flag
    """Show the cluster by zone, group and node: what is down, pending, shifted and held.

    Changes nothing. What does not answer is said, and the rest is shown. On a terminal it is as
    detailed as fits one screen; in a pipe every node has a row.
    """
    asked = options.asked(given)
    pause = _seconds(every)
    drawing = _drawing(context, asked, file, pause if live else None)
    with context.app.onlooker(context.app.target(asked.target)) as onlooker:
        if live:
            _again_and_again(context, onlooker, drawing, pause)
            return
        over = _first_look(context, onlooker)
        with drawing as show:
            show(over)


def _first_look(context: Context, onlooker: Onlooker) -> Overview:
    with speaking_up(Aside(context.err).warn, "no answer from the target yet; waiting for it"):
        return onlooker.look()


def _again_and_again(
    context: Context, onlooker: Onlooker, drawing: AbstractContextManager[Show], pause: float
) -> None:
    """Until Ctrl-C, which is how it ends, and no failure; the terminal is left as it was."""
    clock = SystemClock()
    with suppress(KeyboardInterrupt), interrupting():
        over = _first_look(context, onlooker)  # what is refused is said before the screen is taken
        with drawing as show:
            while True:
                show(over)
                clock.sleep(pause)
                over = onlooker.look()


@contextmanager
def _drawing(
    context: Context, asked: Asked, file: Path | None, every: float | None
) -> Iterator[Show]:
    """Where looks go: a page, JSON, or the screen; *every* so many seconds, or once."""
    out = context.out
    if file is not None:
        if every is not None:
            context.err.show([line(f"{file} is written every {every:g} s; Ctrl-C ends it")])
        yield lambda over: files.write(file, page.page(over, every))
    elif asked.json:
        yield lambda over: out.data(data.data(over))
    elif every is None:
        yield lambda over: out.show(text.lines(over, text.Room(out.width, out.height)))
    else:
        picture = live_views.Picture(_whole, text.one_line, full_screen=True)
        with live_views.showing(out, picture) as show:
            yield show


def _whole(over: Overview, width: int, height: int) -> list[Line]:
    return text.lines(over, text.Room(width, height))


def _seconds(every: str) -> float:
    try:
        found = duration.seconds(every)
    except ValueError as error:
        raise UsageError(f"--every: {every!r} is not a duration", hint=duration.HINT) from error
    if not found:
        raise UsageError("--every 0s leaves the cluster no peace", hint="Give it 1s or more.")
    return found
