"""``sopctl test``: run the tests that lie beside runbooks."""

from __future__ import annotations

from pathlib import Path

import click

from sopctl.cli import completions, options
from sopctl.cli.context import Context
from sopctl.core.errors import ExitCode


@click.command("test")
@click.argument("runbooks", nargs=-1, metavar="[RUNBOOK]...", shell_complete=completions.runbooks)
@click.option("-t", "--test", "pattern", default="*", metavar="NAME", help="Only tests like this.")
@click.option(
    "-x/ ", "--exit-first/--keep-going", "first", help="Stop at the first test that fails."
)
@click.option("--junit", type=options.FILE, help="Write the results as JUnit XML, too.")
@options.output
@click.pass_obj
def test(context: Context, /, runbooks: tuple[str, ...], **given: object) -> int:
    """Run the tests of each RUNBOOK (NAME.test.yaml beside NAME.yaml); without, of all.

    Each plays in a small world of its own in this process, and shows beside what is written
    that a dry run changes nothing, a second run neither, and that the way back is exact.
    Exits with 21 if a test failed.
    """
    from sopctl.app.trials import suite  # noqa: PLC0415  # the whole sandbox
    from sopctl.cli.trial_commands import invoke  # noqa: PLC0415  # as above
    from sopctl.runbook.trials import outcome  # noqa: PLC0415  # as above
    from sopctl.views import trials  # noqa: PLC0415  # as above

    library = context.app.library
    asked = suite.Asked(files=suite.files(library, runbooks), pattern=str(given["pattern"]))
    found = []
    for result in suite.results(suite.scripts(library, asked), invoke):
        found.append(result)
        if given["output"] == "json":
            context.out.data(outcome.data(result))
        else:
            context.out.show(trials.one(result))
        if given["first"] and not result.ok:
            break
    context.err.show(trials.summary(found))
    if isinstance(path := given["junit"], Path):
        path.write_text(trials.junit(found), encoding="utf-8")
    return ExitCode.DONE if all(each.ok for each in found) else ExitCode.FAILED
