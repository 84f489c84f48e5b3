"""``sopctl audit verify``: was any journal edited, cut or reordered?"""

from __future__ import annotations

from dataclasses import replace

import click

from sopctl.app import approvals
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
    reader = context.app.reader()
    report = signatures(reader, journal_verify.verify(reader, runs or None))
    if asked.json:
        context.out.data(audit.verified_data(report))
    else:
        context.out.show(audit.verified(report))
    return ExitCode.DONE if report.sound else ExitCode.AUDIT_BROKEN


def signatures(
    store: journal_verify.Audited, report: journal_verify.Report
) -> journal_verify.Report:
    """*report*, and the signed approvals of every sound run that are not what was signed."""
    return replace(report, runs=tuple(_with_signatures(store, each) for each in report.runs))


def _with_signatures(
    store: journal_verify.Audited, found: journal_verify.RunReport
) -> journal_verify.RunReport:
    if found.breaks:
        return found
    kept = [raw.record() for raw in store.raw(found.run)]
    return replace(found, breaks=approvals.recheck(found.run, kept))
