"""A runbook file to a Runbook; every problem at once, with its place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path as FilePath

from pydantic import ValidationError

from sopctl.core.errors import InvalidRunbookError, Problem, UsageError
from sopctl.core.runbook import Runbook
from sopctl.runbook import build, complaints, names, rules, strict_yaml
from sopctl.runbook.document import Document, Place
from sopctl.runbook.model import RunbookShape
from sopctl.runbook.suggest import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was read: *runbook* is None if the shape is wrong. *document* has the places."""

    runbook: Runbook | None
    document: Document

    @property
    def problems(self) -> tuple[Problem, ...]:
        return tuple(sorted(set(self.document.problems)))


def load(source: FilePath | str, *, file: str = "") -> Runbook:
    """The runbook in the file (a Path) or the text (a str) *source*.

    Raises InvalidRunbookError with all problems. Actions, checks and the types of expressions are
    not looked at: that is what ``lint`` is for.
    """
    loaded = read(source, file=file)
    if loaded.problems or loaded.runbook is None:
        raise invalid(loaded.document.file, loaded.problems)
    return loaded.runbook


def invalid(file: str, problems: tuple[Problem, ...]) -> InvalidRunbookError:
    """The error that lists *problems*."""
    count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    return InvalidRunbookError(
        f"{file} has {count}", problems=problems, hint="Correct them and run `sopctl runbook lint`."
    )


def read(source: FilePath | str, *, file: str = "") -> Loaded:
    """As load(), but what is wrong in the file is in the answer; UsageError if there is none."""
    if isinstance(source, str):
        text, name = source, file or "<text>"
    else:
        name = file or str(source)
        found = _text_of(source, name)
        if isinstance(found, Problem):
            document = Document(file=name, problems=[found], fatal=True)
            return Loaded(runbook=None, document=document)
        text = found
    document = strict_yaml.parse(text, name)
    if document.fatal:
        return Loaded(runbook=None, document=document)
    shape = _shape(document)
    report(document, rules.check(document.data))
    report(document, names.check(document.data))
    runbook = None
    if shape is not None and not document.problems:
        digest = hashlib.sha256(text.encode()).hexdigest()
        path = "" if isinstance(source, str) else str(source)
        runbook = build.runbook(shape, source=text, digest=digest, path=path)
    return Loaded(runbook=runbook, document=document)


def report(document: Document, findings: Iterable[rules.Finding]) -> None:
    """Add *findings* to the problems of *document*, each at its place."""
    for finding in findings:
        if document.is_spoilt(finding.path):
            continue
        place = document.place(finding.path, key=finding.key)
        start = document.texts.get(finding.path)
        if finding.offset is not None and start is not None:
            place = Place(start.line, start.column + finding.offset)
        document.report(place, finding.summary, finding.hint)


def find(name: str, dirs: Iterable[FilePath]) -> FilePath:
    """The file of the runbook *name*: ``NAME.yaml`` in the first of *dirs* that has one.

    A name that looks like a path (it has a slash or ends in .yaml) is one. Raises UsageError.
    """
    if "/" in name or name.endswith((".yaml", ".yml")):
        path = FilePath(name)
        if not path.is_file():
            raise UsageError(f"there is no file {name}", hint="Check the path.")
        return path
    known: dict[str, FilePath] = available(dirs)
    if name not in known:
        hint = did_you_mean(name, known, what="runbooks")
        raise UsageError(f"there is no runbook {name}", hint=hint)
    return known[name]


def available(dirs: Iterable[FilePath]) -> dict[str, FilePath]:
    """Every runbook in *dirs* by name; an earlier directory wins."""
    known: dict[str, FilePath] = {}
    for directory in dirs:
        for path in sorted(directory.glob("*.yaml")) if directory.is_dir() else ():
            known.setdefault(path.stem, path)
    return known


def packaged() -> FilePath:
    """The directory of the runbooks that come with sopctl: in the wheel, else in the checkout."""
    package = FilePath(str(resources.files("sopctl")))
    inside = package / "runbooks"
    return inside if inside.is_dir() else package.parent / "runbooks"


def _text_of(path: FilePath, name: str) -> str | Problem:
    try:
        with path.open("rb") as stream:
            content = stream.read(strict_yaml.MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{name} cannot be read: {(error.strerror or str(error)).lower()}",
            hint="Check the path and its permissions.",
        ) from error
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        if len(content) > strict_yaml.MAX_BYTES:  # cut in the middle of a character
            return content.decode(errors="replace")
        before = content[: error.start].decode()
        return Problem(
            file=name,
            line=before.count("\n") + 1,
            column=len(before) - (before.rfind("\n") + 1) + 1,
            summary="this byte is not UTF-8",
            hint="Save the file as UTF-8.",
        )


def _shape(document: Document) -> RunbookShape | None:
    if not isinstance(document.data, Mapping):
        summary = "the file is empty" if document.data is None else "the file is not a mapping"
        document.report(
            document.place(()), summary, "Start with apiVersion: sopctl/v1 and kind: Runbook."
        )
        return None
    try:
        return RunbookShape.model_validate(document.data)
    except ValidationError as error:
        report(document, _unspoilt(complaints.findings(error, document.data), document))
        return None


def _unspoilt(found: Iterator[rules.Finding], document: Document) -> Iterator[rules.Finding]:
    """Without the fields that are missing only because their value had to be left out."""
    return (finding for finding in found if not document.is_spoilt(finding.path))
