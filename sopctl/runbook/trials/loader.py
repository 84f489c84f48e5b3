"""A file of runbook tests; every problem at once, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Final

from pydantic import ValidationError

from sopctl.core.codec import Json
from sopctl.core.errors import InvalidRunbookError, Problem, UsageError
from sopctl.core.runbook import Runbook, StepKind
from sopctl.notation import complaints, strict_yaml
from sopctl.notation.complaints import Words
from sopctl.notation.document import Document, Path
from sopctl.notation.finding import Finding, report
from sopctl.notation.suggest import did_you_mean
from sopctl.runbook import loader, paths
from sopctl.runbook.trials.model import CASE, RESOURCE, CaseShape, TrialFileShape
from sopctl.runbook.words import WORDS

SUFFIX: Final = ".test.yaml"
_WORDS: Final = Words(
    shape=TrialFileShape,
    patterns={
        **WORDS.patterns,
        CASE: ("a name", "Use lower-case letters, digits and dashes."),
        RESOURCE: ("a resource", "Write its plural name, such as nodes or deployments."),
    },
)


def available(dirs: Iterable[FilePath]) -> dict[str, FilePath]:
    """The files of tests beside the runbooks in *dirs*, by the runbook's name; the first wins."""
    known: dict[str, FilePath] = {}
    for directory in dirs:
        for path in sorted(directory.glob(f"*{SUFFIX}")) if directory.is_dir() else ():
            known.setdefault(path.name.removesuffix(SUFFIX), path)
    return known


def runbook_of(path: FilePath) -> str:
    """The runbook that the tests in *path* are of; InvalidRunbookError if the file is wrong."""
    return load(path).runbook


def load(path: FilePath, book: Runbook | None = None) -> TrialFileShape:
    """The tests in *path*, of the runbook *book*; InvalidRunbookError with every problem."""
    shape, document = _read(path)
    if shape is not None:
        report(document, _wrong(shape, book))
    if shape is None or document.problems:
        raise invalid(path, tuple(sorted(set(document.problems))))
    return shape


def invalid(path: FilePath, problems: tuple[Problem, ...]) -> InvalidRunbookError:
    return InvalidRunbookError(
        f"{path} has {loader.counted(problems)}",
        problems=problems,
        hint="Correct them; docs/reference/runbook-test-schema.md has the fields.",
    )


def _read(path: FilePath) -> tuple[TrialFileShape | None, Document]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read", hint="Check that it is UTF-8.") from error
    document = strict_yaml.parse(text, str(path))
    if document.fatal:
        return None, document
    if not isinstance(document.data, Mapping):
        document.report(document.place(()), "the file is not a mapping", "Start with apiVersion.")
        return None, document
    try:
        return TrialFileShape.model_validate(document.data), document
    except ValidationError as error:
        found = complaints.findings(error, document.data, _WORDS)
        report(document, found)
        return None, document


def _wrong(shape: TrialFileShape, book: Runbook | None) -> Iterator[Finding]:
    """What no field says alone: names that are not the runbook's, assertions without a verb."""
    seen: set[str] = set()
    for index, case in enumerate(shape.tests):
        at: Path = ("tests", index)
        if case.name in seen:
            yield Finding(path=(*at, "name"), summary=f"there are two tests {case.name}")
        seen.add(case.name)
        if book is not None:
            yield from _names(at, case, book)
        for number, state in enumerate(case.expect.state):
            where = (*at, "expect", "state", number)
            yield from _assertion(where, state.model_dump(exclude_unset=True))


def _names(at: Path, case: CaseShape, book: Runbook) -> Iterator[Finding]:
    """Parameters, gates and steps that the runbook does not have."""
    parameters = [parameter.name for parameter in book.parameters]
    every = [step.id for step in (*book.before, *book.steps, *book.after)]
    expect, run = case.expect, case.run
    for path, names, known, what in (
        (("run", "parameters"), run.parameters, parameters, "parameter"),
        (("run", "answers"), run.answers, every, "step"),
        (("expect", "steps"), expect.steps, every, "step"),
        (("expect", "plan", "steps"), expect.plan.steps, every, "step"),
    ):
        for name in names:
            if name not in known:
                summary = f"{book.name} has no {what} {name}"
                hint = did_you_mean(name, known, what=f"{what}s")
                yield Finding(path=(*at, *path, name), summary=summary, hint=hint, key=True)
    actions = [step.id for step in book.steps if step.kind is StepKind.ACTION]
    for number, name in enumerate(run.consent):
        if name not in actions:
            summary = f"{book.name} has no action {name}"
            hint = did_you_mean(name, actions, what="actions")
            yield Finding(path=(*at, "run", "consent", number), summary=summary, hint=hint)


def _assertion(at: Path, state: Mapping[str, Json]) -> Iterator[Finding]:
    if ("objects" in state) == ("groups" in state):
        yield Finding(
            path=at, summary="it is about objects or about groups", hint="Name exactly one of them."
        )
    verbs = [each for each in ("equals", "absent", "contains") if each in state]
    if len(verbs) != 1 and not (not verbs and "count" in state):
        hint = "Write exactly one of equals, absent and contains; or only count."
        yield Finding(path=at, summary="it does not say what is expected", hint=hint)
    if verbs and not state.get("path"):
        yield Finding(path=at, summary="path is missing", hint="Say which field is meant.")
    try:
        paths.parsed(str(state.get("path", "")))
    except ValueError as error:
        hint = "Write spec.taints[0].key, or metadata.labels[a.b/c] for a key with dots."
        yield Finding(path=(*at, "path"), summary=str(error), hint=hint)
