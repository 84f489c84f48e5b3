"""``sopctl audit verify``: was any journal edited, cut or reordered?"""

from __future__ import annotations

import click

from sopctl.cli import options
from sopctl.cli.context import Context
from sopctl.core.errors import ExitCode
from sopctl.journal import verify as journal_verify
from sopctl.views import audit


@click.command()
@click.argument("runs", nargs=-1)
@options.output
@click.pass_obj
def verify(context: Context, /, runs: tuple[str, ...], **given: object) -> int:
    """Check RUNS (default: all) and the ledger over all of them; every bad place is listed."""
    asked = options.asked(given)
    report = journal_verify.verify(context.app.reader(), runs or None)
    if asked.json:
        context.out.data(audit.verified_data(report))
    else:
        context.out.show(audit.verified(report))
    return ExitCode.DONE if report.sound else ExitCode.AUDIT_BROKEN
