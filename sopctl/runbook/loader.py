"""A runbook file to a Runbook; every problem at once, with its place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path as FilePath
from typing import Final

from pydantic import ValidationError

from sopctl.core.errors import InvalidRunbookError, Problem, UsageError
from sopctl.core.runbook import Runbook
from sopctl.notation import complaints, strict_yaml
from sopctl.notation.document import Document, Path
from sopctl.notation.files import read_text
from sopctl.notation.finding import Finding, report
from sopctl.notation.suggest import did_you_mean
from sopctl.runbook import (
    binding,
    build,
    expand,
    includes,
    inside,
    names,
    rules,
)
from sopctl.runbook.inside import Inside
from sopctl.runbook.model import RunbookShape
from sopctl.runbook.words import WORDS

MAX_DEPTH: Final = 4
"""How many runbooks may stand in each other, below the first."""
MAX_STEPS: Final = 500
"""How many steps a runbook may have, those of included runbooks counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """The files that include each other, down to the one that is read, and what was read before."""

    open: tuple[FilePath, ...] = ()
    read: dict[tuple[FilePath, int], Loaded] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What was read: *runbook* is None if something is wrong. *document* has the places.

    *included* is what the steps that include a runbook stand for, by their ids.
    """

    runbook: Runbook | None
    document: Document
    included: Mapping[str, Loaded] = field(default_factory=dict)

    @property
    def inside(self) -> Inside:
        return Inside({step: one.runbook for step, one in self.included.items()})

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
    return InvalidRunbookError(
        f"{file} has {counted(problems)}",
        problems=problems,
        hint="Correct them and run `sopctl runbook lint`.",
    )


def counted(problems: tuple[Problem, ...]) -> str:
    return f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"


def read(source: FilePath | str, *, file: str = "", trail: Trail | None = None) -> Loaded:
    """As load(), but what is wrong in the file is in the answer; UsageError if there is none.

    Runbooks that it includes are looked for beside it, then among those that come with sopctl.
    """
    if isinstance(source, str):
        text, name = source, file or "<text>"
    else:
        name = file or str(source)
        found = read_text(source, name)
        if isinstance(found, Problem):
            document = Document(file=name, problems=[found], fatal=True)
            return Loaded(runbook=None, document=document)
        text = found
    document = strict_yaml.parse(text, name)
    if document.fatal:
        return Loaded(runbook=None, document=document)
    shape = _shape(document)
    path = None if isinstance(source, str) else source
    included = _included(document, path, trail or Trail())
    loaded = Loaded(runbook=None, document=document, included=included)
    report(document, rules.check(document.data, loaded.inside))
    report(document, names.check(document.data, loaded.inside))
    report(document, includes.check(document.data, loaded.inside))
    if shape is None or document.problems:
        return loaded
    digest = hashlib.sha256(text.encode()).hexdigest()
    runbook = build.runbook(shape, source=text, digest=digest, path=str(path or ""))
    return replace(loaded, runbook=_expanded(runbook, loaded))


def _included(document: Document, path: FilePath | None, trail: Trail) -> dict[str, Loaded]:
    """The runbooks that the steps of *document* include; those that are not right are reported."""
    found: dict[str, Loaded] = {}
    data = document.data
    for place, fields, name in includes.named(data) if isinstance(data, Mapping) else ():
        step, at = fields.get("id"), (*place, "uses")
        if not isinstance(step, str):
            continue
        found[step] = Loaded(runbook=None, document=Document(file=name))
        try:
            file = _beside(name, path)
        except UsageError as error:
            report(document, [Finding(path=at, summary=error.summary, hint=error.hint)])
            continue
        here = (*trail.open, path.resolve()) if path else trail.open
        if wrong := _too_deep(at, file, here):
            report(document, [wrong])
            continue
        found[step] = one = _once(file, replace(trail, open=here))
        report_broken(document, at, name, one.problems)
    return found


def _beside(name: str, path: FilePath | None) -> FilePath:
    """The file of the runbook *name*, for the runbook in *path*; raises UsageError."""
    dirs = [path.parent] if path else []
    known = available([*dirs, packaged()])
    if name not in known:
        raise UsageError(
            f"there is no runbook {name}", hint=did_you_mean(name, known, what="runbooks")
        )
    return known[name]


def _too_deep(at: Path, file: FilePath, here: tuple[FilePath, ...]) -> Finding | None:
    if file.resolve() in here:
        ring = [one.stem for one in (*here[here.index(file.resolve()) :], file)]
        summary, hint = f"the runbook includes itself: {' > '.join(ring)}", "Break the ring."
    elif len(here) > MAX_DEPTH:
        summary = f"more than {MAX_DEPTH} runbooks stand in each other"
        hint = f"Include {file.stem} further up."
    else:
        return None
    return Finding(path=at, summary=summary, hint=hint)


def _once(file: FilePath, trail: Trail) -> Loaded:
    key = (file.resolve(), len(trail.open))
    if key not in trail.read:
        trail.read[key] = read(file, trail=trail)
    return trail.read[key]


def report_broken(document: Document, at: Path, name: str, problems: tuple[Problem, ...]) -> None:
    """Add the *problems* of the included runbook *name*, and that they are in the way here."""
    if problems:
        document.problems.extend(problems)
        finding = Finding(
            path=at, summary=f"the runbook {name} has {counted(problems)}", hint="Correct it first."
        )
        report(document, [finding])


def _expanded(book: Runbook, loaded: Loaded) -> Runbook | None:
    """*book* with what it includes in place; None, and reported, if that cannot be."""
    placed: dict[str, expand.Placed] = {}
    books = {step: one for step, one in loaded.inside.books.items() if one is not None}
    steps = len(book.steps) + sum(len(inside.flat(one)) for one in books.values())
    if books and steps > MAX_STEPS:
        summary = f"there are {steps} steps, more than {MAX_STEPS}"
        report(loaded.document, [Finding(path=("steps",), summary=summary, hint="Split it.")])
        return None
    for index, step in enumerate(book.steps):
        if step.id not in books:
            continue
        try:
            placed[step.id] = expand.place(step, books[step.id])
        except binding.BindingError as error:
            at: Path = ("steps", index, "uses")
            hint = "Change the included runbook; on its own it may do so."
            report(loaded.document, [Finding(path=at, summary=str(error), hint=hint)])
    if loaded.document.problems:
        return None
    digests = [book.digest, *(one.digest for one in books.values())]
    whole = hashlib.sha256("\n".join(digests).encode()).hexdigest() if books else book.digest
    return replace(expand.expand(book, placed), digest=whole)


def find(name: str, dirs: Iterable[FilePath]) -> FilePath:
    """The file of the runbook *name*: ``NAME.yaml`` in the first of *dirs* that has one.

    A name that looks like a path (it has a slash or ends in .yaml) is one. Raises UsageError.
    """
    if "/" in name or name.endswith((".yaml", ".yml")):
        path = FilePath(name)
        if not path.is_file():
            what = f"{name} is a directory" if path.is_dir() else f"there is no file {name}"
            raise UsageError(what, hint="Check the path.")
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
            if not path.stem.endswith(".test"):  # the tests that lie beside it
                known.setdefault(path.stem, path)
    return known


def packaged() -> FilePath:
    """The directory of the runbooks that come with sopctl: in the wheel, else in the checkout."""
    package = FilePath(str(resources.files("sopctl")))
    inside = package / "runbooks"
    return inside if inside.is_dir() else package.parent / "runbooks"


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
        report(document, complaints.findings(error, document.data, WORDS))
        return None
