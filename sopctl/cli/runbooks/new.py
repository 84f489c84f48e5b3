"""``sopctl runbook new``: the beginning of a runbook."""

from __future__ import annotations

from pathlib import Path

import click

from sopctl.cli.context import Context
from sopctl.core.clock import SystemClock
from sopctl.core.errors import UsageError
from sopctl.runbook.new import skeleton
from sopctl.views.lines import line


@click.command()
@click.argument("name")
@click.option("--title", default="", help="What it does, in one line.")
@click.option("--owner", default="", help="Who keeps it in order.")
@click.option("--in", "folder", type=click.Path(path_type=Path), help="Default: your runbooks.")
@click.pass_obj
def new(context: Context, /, name: str, title: str, owner: str, folder: Path | None) -> None:
    """Write NAME.yaml, a short runbook that is valid as it is; never over a file that exists."""
    text = skeleton(name, today=SystemClock().now().date(), title=title, owner=owner)
    place = folder or context.app.settings.runbooks
    path = place / f"{name}.yaml"
    try:
        place.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} exists already", hint="Choose another name.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written", hint="Check the directory.") from error
    context.out.show([line("wrote ", (str(path), "strong"))])
