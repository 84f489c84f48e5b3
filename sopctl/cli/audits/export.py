"""``sopctl audit export``: a run as a file for somebody else."""

from __future__ import annotations

from pathlib import Path

import click

from sopctl.app import files, standing
from sopctl.cli import completions, options
from sopctl.cli.context import Context
from sopctl.journal import export as journal_export
from sopctl.views import html, markdown


@click.command()
@click.argument("run", required=False, default="", shell_complete=completions.runs)
@click.option(
    "--format",
    "shape",
    type=click.Choice(["jsonl", "markdown", "html"]),
    default="jsonl",
    help="jsonl loses nothing and can be imported; the others are for people.",
)
@click.option("--to", type=options.FILE, help="The file; default: standard output.")
@click.pass_obj
def export(context: Context, /, run: str, shape: str, to: Path | None) -> None:
    """Write RUN (default: the latest) as JSON lines, a Markdown timeline or an HTML page."""
    store = context.app.store
    state = standing.named(store, run)
    head = next(head for head in store.runs() if head.run == state.run)
    records = store.read(state.run)
    if shape == "jsonl":
        text = "".join(f"{row}\n" for row in journal_export.to_jsonl(head, records))
    else:
        text = (html if shape == "html" else markdown).report(head, records)
    if to is None:
        context.out.write(text)
        return
    files.write(to, text)
