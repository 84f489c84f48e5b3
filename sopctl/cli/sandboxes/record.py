"""``sopctl sandbox record``: a scenario drawn from a real cluster, read-only."""

from __future__ import annotations

from pathlib import Path

import click

from sopctl.app import recording
from sopctl.cli import options, work
from sopctl.cli.context import Context
from sopctl.core.errors import UsageError
from sopctl.views.lines import line


@click.command()
@click.argument("name")
@options.target
@click.option("--file", type=options.FILE, help="Where to; default: among your scenarios.")
@click.pass_obj
def record(context: Context, /, name: str, file: Path | None, **given: object) -> None:
    """Draw the scenario NAME from a cluster: its shape only, with every name hashed.

    Reads groups, nodes, workloads, budgets and autoscalers of --target, and changes nothing.
    """
    asked = options.asked(given)
    path = file or context.app.settings.scenarios / f"{name}.yaml"
    if path.exists():
        raise UsageError(f"{path} exists", hint="Choose another name, or remove it first.")
    with context.app.desk(context.app.target(asked.target), work.view(context, asked, "")) as desk:
        desk.identify()
        text = recording.recorded(desk.place.connection.clients, name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(text, encoding="utf-8")
    context.out.show(
        [
            line("Wrote ", (str(path), "strong"), "; look at it before you share it."),
            line(f"Try: sopctl drill az-failure --scenario {name}"),
        ]
    )
