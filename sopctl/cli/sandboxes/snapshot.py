"""``sopctl sandbox snapshot`` and ``restore``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sopctl.app import worlds
from sopctl.cli import options
from sopctl.cli.context import Context
from sopctl.sandbox.process import lifecycle
from sopctl.views import sandbox


@click.command()
@click.argument("file", type=options.FILE)
@click.pass_obj
def snapshot(context: Context, /, file: Path) -> None:
    """Write the whole world of the running sandbox to FILE.

    Both APIs, what its controllers remember, its clock and its calls. The file is sealed: it can
    be restored on this machine, by this build of sopctl, and nowhere else.
    """
    beside = {"runs": worlds.heads(context.app.store)}
    size = lifecycle.snapshot(context.app.settings.state, file, beside)
    context.out.show(sandbox.written(file, size))


@click.command()
@click.argument("file", type=options.FILE)
@click.pass_obj
def restore(context: Context, /, file: Path) -> None:
    """Bring the running sandbox back to the world in FILE, its time included.

    Runs that began or went on since are forgotten: that world never saw them. What was in place
    when the file was written is in place again, and can be taken back.
    """
    header: Any = lifecycle.restore(context.app.settings.state, file)
    forgotten = worlds.ended(context.app.store, f"{file.name} was restored", header["runs"])
    context.out.show(sandbox.restored(file, str(header["taken"]), forgotten))
