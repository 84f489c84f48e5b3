"""``sopctl test``: run the tests that lie beside runbooks."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Final

import click

from sopctl.cli import completions, options
from sopctl.cli.context import Context
from sopctl.core.errors import ExitCode

NO_FAULTS: Final = -1


class FaultCount(click.ParamType[int]):
    """``all`` (0), ``none`` (-1), or a number."""

    name = "all|none|N"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        words = {"all": 0, "none": NO_FAULTS}
        text = str(value)
        if text in words:
            return words[text]
        if not text.lstrip("-").isdigit() or int(text) < NO_FAULTS:
            self.fail(f"{text!r} is not all, none or a number", param, ctx)
        return int(text)


@click.command("test")
@click.argument("runbooks", nargs=-1, metavar="[RUNBOOK]...", shell_complete=completions.runbooks)
@click.option("-t", "--test", "pattern", default="*", metavar="NAME", help="Only tests like this.")
@click.option(
    "-x/ ", "--exit-first/--keep-going", "first", help="Stop at the first test that fails."
)
@click.option(
    "--faults",
    type=FaultCount(),
    default="all",
    metavar="all|none|N",
    help="At how many of the calls everything that can go wrong goes wrong.",
)
@click.option("--seed", type=int, default=1, help="Which N of them are chosen.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=1),
    default=os.cpu_count,
    show_default="as many as processors",
    help="Processes that share the faults.",
)
@click.option("--apart/ ", help="A run for each fault, also where one with several shows the same.")
@click.option("--junit", type=options.FILE, help="Write the results as JUnit XML, too.")
@click.option("--record", metavar="RUN", help="Write a test of this run in the sandbox.")
@click.option(
    "--into", type=options.FILE, help="The file to record into; default: NAME.test.yaml here."
)
@options.output
@click.pass_obj
def test(context: Context, /, runbooks: tuple[str, ...], **given: object) -> int:
    """Run the tests of each RUNBOOK (NAME.test.yaml beside NAME.yaml); without, of all.

    Each plays in a small world of its own in this process, and shows beside what is written
    that a dry run changes nothing, a second run neither, that the way back is exact, and that
    a crash, a throttle, a lost reply and a denial at every single call end well.
    Exits with 21 if a test failed.
    """
    from sopctl.app.trials import suite  # noqa: PLC0415  # the whole sandbox
    from sopctl.app.trials.faults import part  # noqa: PLC0415  # as above
    from sopctl.cli.trial_commands import invoke  # noqa: PLC0415  # as above
    from sopctl.runbook.trials import outcome  # noqa: PLC0415  # as above
    from sopctl.views import trials  # noqa: PLC0415  # as above

    library = context.app.library
    if given["record"]:
        return _record(context, str(given["record"]), given["into"])
    asked = suite.Asked(files=suite.files(library, runbooks), pattern=str(given["pattern"]))
    found = []
    dose = part.Dose(
        most=int(str(given["faults"])),
        seed=int(str(given["seed"])),
        jobs=int(str(given["jobs"])),
        apart=bool(given["apart"]),
    )
    more = None if dose.most == NO_FAULTS else partial(part.faults, dose=dose)
    for result in suite.results(suite.scripts(library, asked), invoke, more):
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


def _record(context: Context, run: str, into: object) -> int:
    """Make a test of a run that happened, and play it."""
    from sopctl.app import standing  # noqa: PLC0415  # as above
    from sopctl.app.trials import recording  # noqa: PLC0415  # as above
    from sopctl.cli.trial_commands import invoke  # noqa: PLC0415  # as above
    from sopctl.views import trials  # noqa: PLC0415  # as above

    store = context.app.store
    found = recording.chosen(store, standing.find(standing.states(store), run).run)
    assert found.run.plan is not None
    path = into if isinstance(into, Path) else Path(f"{found.run.plan.runbook}.test.yaml")
    result = recording.record(context.app.library, found, path, invoke)
    context.out.show([*trials.one(result), *trials.recorded(str(path), result)])
    return ExitCode.DONE if result.ok else ExitCode.FAILED
