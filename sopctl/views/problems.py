"""What went wrong, for people: what, which one, what now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sopctl.core.errors import InvalidRunbookError, Problem, SopError
from sopctl.views.lines import Line, line


def error(found: SopError) -> list[Line]:
    return _said(found.summary, found.hint)


def usage(summary: str, command: str) -> list[Line]:
    """What click found wrong with the command line, in our voice."""
    said = " ".join(summary.split())
    text = said[:1].lower() + said[1:].rstrip(".")
    return _said(text, f"See `{command} --help`.")


def invalid(found: InvalidRunbookError) -> list[Line]:
    """Every problem with its place."""
    shown = [line(("sopctl: ", "bad"), found.summary)]
    for problem in found.problems:
        place = f"{problem.file}:{problem.line}:{problem.column}: "
        shown.append(line((place, "strong"), problem.summary, indent=2))
        if problem.hint:
            shown.append(line(("hint: ", "quiet"), problem.hint, indent=4))
    return shown


def strangers(broken: Mapping[str, str]) -> list[Line]:
    """What packages add and cannot be used, a warning each."""
    return [
        line(("warning: ", "warn"), f"{name} is not there, for its package is broken: {why}")
        for name, why in broken.items()
    ]


def lost(why: str) -> list[Line]:
    return _said(f"standard output cannot be written: {why}", "What was printed is incomplete.")


def interrupted() -> list[Line]:
    return _said("stopped at once", "`sopctl resume` looks first at what was under way.")


def bug(report: str) -> list[Line]:
    return _said(
        f"a bug in sopctl; the report is in {report}",
        "Send the report, and go on with `sopctl resume`: the journal knows how far it came.",
    )


def _said(summary: str, hint: str) -> list[Line]:
    shown = [line(("sopctl: ", "bad"), summary)]
    return [*shown, line(("hint: ", "quiet"), hint, indent=2)] if hint else shown


def linted(found: Mapping[str, Sequence[Problem]]) -> list[Line]:
    """Every problem of every runbook with its place; good ones are named, too."""
    shown = []
    for name, each in found.items():
        if not each:
            shown.append(line(("ok: ", "good"), name))
        for problem in each:
            shown.append(line((f"{problem}", "")))
            if problem.hint:
                shown.append(line(("hint: ", "quiet"), problem.hint, indent=2))
    return shown
