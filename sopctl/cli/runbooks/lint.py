"""``sopctl runbook lint``: everything wrong, without running it."""

from __future__ import annotations

import click

from sopctl.cli import options
from sopctl.cli.context import Context
from sopctl.core.codec import encode
from sopctl.core.errors import ExitCode
from sopctl.views import problems


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME_OR_FILE]...")
@options.output
@click.pass_obj
def lint(context: Context, /, names: tuple[str, ...], **given: object) -> int:
    """Find every problem of the runbooks (default: all of them), with its place and a hint."""
    library = context.app.library
    found = {name: library.lint(name) for name in names or library.names()}
    if options.asked(given).json:
        flat = (problem for each in found.values() for problem in each)
        context.out.data(
            *({"schema": "sopctl.problem/1", "problem": encode(problem)} for problem in flat)
        )
    else:
        context.out.show(problems.linted(found))
    return ExitCode.INVALID_RUNBOOK if any(found.values()) else ExitCode.DONE
