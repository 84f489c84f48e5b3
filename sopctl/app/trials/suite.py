"""Many tests, one after the other on one stage."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, TypeAlias

from sopctl.app.library import Library
from sopctl.app.trials import planting, stage
from sopctl.app.trials.case import Case, Script, Start
from sopctl.app.trials.invoking import Invoke
from sopctl.core.errors import SopError, UsageError
from sopctl.notation.suggest import did_you_mean
from sopctl.runbook.trials import loader
from sopctl.runbook.trials.loader import SUFFIX
from sopctl.runbook.trials.model import GivenShape
from sopctl.runbook.trials.outcome import Difference, Part, Result

SMALL: Final = GivenShape()
# What follows the written part of a test: faults at every call.
More: TypeAlias = Callable[[Case, Start], Iterator[Part]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be tested: *files* by path, of them the tests whose name fits *pattern*."""

    files: tuple[Path, ...]
    pattern: str = "*"


def files(library: Library, names: Sequence[str]) -> tuple[Path, ...]:
    """The files of the tests of *names* (runbooks, or files); none: of all. UsageError."""
    known = library.tests()
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if name.endswith(SUFFIX) and path.is_file():
            found.append(path)
        elif name in known:
            found.append(known[name])
        elif name in library.names():
            raise UsageError(
                f"the runbook {name} has no tests",
                hint=f"Write {name}{SUFFIX} beside it, or `sopctl test --record RUN`.",
            )
        else:
            hint = did_you_mean(name, known, what="runbooks with tests")
            raise UsageError(f"there is no runbook {name}", hint=hint)
    return tuple(found) if names else tuple(known[name] for name in sorted(known))


def scripts(library: Library, asked: Asked) -> list[Script]:
    """Every test that is asked for; InvalidRunbookError with the problems of a file."""
    found: list[Script] = []
    known: list[str] = []
    for path in asked.files:
        name = loader.runbook_of(path)
        beside = path.parent / f"{name}.yaml"
        book_path = beside if beside.is_file() else library.path(name)
        book = library.load(str(book_path))
        cases = loader.load(path, book).tests
        known += [case.name for case in cases]
        found += [
            Script(case=case, book=book, file=path, path=book_path, path_of=library.path)
            for case in cases
            if fnmatchcase(case.name, asked.pattern)
        ]
    if not found:
        raise UsageError(
            f"there is no test {asked.pattern}", hint=f"Known tests: {', '.join(known) or 'none'}."
        )
    return found


def results(found: Sequence[Script], invoke: Invoke, more: More | None = None) -> Iterator[Result]:
    """Each test as it ends; *more* is what is proved beside what is written."""
    with tempfile.TemporaryDirectory(prefix="sopctl-test-") as folder:
        made = stage.build(Path(folder), planting.planter(SMALL))
        try:
            for script in found:
                yield _result(Case(made, script, invoke), more)
        finally:
            made.close()


def _result(case: Case, more: More | None) -> Result:
    parts: list[Part] = []
    try:
        start = case.begin()
        parts += case.play(start)
        if more is not None:
            parts += more(case, start)
    except SopError as error:
        text = f"{error.summary}. {error.hint}".strip()
        parts.append(Part(name="given", differences=(Difference(what=text),)))
    script = case.script
    return Result(
        runbook=script.book.name,
        file=str(script.file),
        name=script.case.name,
        why=script.case.why,
        parts=tuple(parts),
    )
