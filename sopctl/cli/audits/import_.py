"""``sopctl audit import``: add a run that was exported elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from sopctl.cli import options
from sopctl.cli.context import Context
from sopctl.core.errors import AuditBrokenError, UsageError
from sopctl.journal import export as journal_export
from sopctl.views.lines import count, line
from sopctl.views.screen import Screen


@click.command("import")
@click.argument("file", type=options.FILE)
@click.pass_obj
def import_(context: Context, /, file: Path) -> None:
    """Add the run in FILE (JSON lines of `audit export`); a forged or forked one is refused."""
    add(context, file, context.out)


def add(context: Context, file: Path, screen: Screen) -> str:
    """Add the run in *file* to the journal, say so on *screen*, and give its id."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read", hint="Check the path.") from error
    try:
        head, records = journal_export.from_text(text)
    except AuditBrokenError as error:
        raise AuditBrokenError(f"{file}: {error.summary}", hint=error.hint) from error
    new = context.app.store.import_run(head, records)
    screen.show([line(f"run {head.run}: {count(new, 'new record')} of {len(records)}")])
    return head.run
