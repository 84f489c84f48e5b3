"""Everything wrong with a runbook that can be known without running it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from sopctl.core.action import AnyAction, Undo
from sopctl.core.check import AnyCheck
from sopctl.core.codec import Json
from sopctl.core.errors import Problem
from sopctl.core.runbook import Runbook
from sopctl.runbook import cel_text, fitting, loader, names, typing_rules
from sopctl.runbook.document import Document, Path
from sopctl.runbook.rules import Fields, Finding, entries, texts
from sopctl.runbook.shapes import Shape
from sopctl.runbook.suggest import did_you_mean

_MISSPELT = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a runbook can use: actions and checks by id, and the types of facts."""

    actions: Mapping[str, AnyAction] = field(default_factory=dict)
    checks: Mapping[str, AnyCheck] = field(default_factory=dict)
    facts: Mapping[str, Shape] = field(default_factory=dict)


def load(source: FilePath | str, known: Known, *, file: str = "") -> Runbook:
    """The runbook, if nothing is wrong with it; raises InvalidRunbookError with all problems."""
    loaded = loader.read(source, file=file)
    found = check(loaded.document, known)
    if found or loaded.runbook is None:
        raise loader.invalid(loaded.document.file, found)
    return loaded.runbook


def lint(source: FilePath | str, known: Known, *, file: str = "") -> tuple[Problem, ...]:
    """All problems, and advice: what is not wrong but probably not meant either."""
    loaded = loader.read(source, file=file)
    found = check(loaded.document, known)
    advised = Document(file=loaded.document.file)
    if not loaded.document.fatal:
        advised = _twin(loaded.document)
        loader.report(advised, advice(loaded.document.data, loaded.document.file))
    return tuple(sorted({*found, *advised.problems}))


def check(document: Document, known: Known) -> tuple[Problem, ...]:
    """The problems of *document*, those of the loader included."""
    twin = _twin(document)
    if not document.fatal and isinstance(document.data, Mapping):
        loader.report(twin, _check(document.data, known))
    return tuple(sorted({*document.problems, *twin.problems}))


def advice(data: Json, file: str) -> Iterator[Finding]:
    """What does no harm, but is probably not meant."""
    if not isinstance(data, Mapping):
        return
    used: set[str] = set()
    for _, source, _ in names.expressions(data):
        used |= cel_text.references(source)
    declared = data.get("parameters")
    for name in declared if isinstance(declared, Mapping) else ():
        if not used & {f"params.{name}", "params"}:
            yield Finding(
                path=("parameters", name), summary=f"the parameter {name} is not used",
                hint="Use it, or remove it.", key=True,
            )  # fmt: skip
    metadata = data.get("metadata")
    yield from _contradictions(data)
    if isinstance(metadata, Mapping) and file.endswith((".yaml", ".yml")):
        yield from _misnamed(metadata.get("name"), FilePath(file).stem)


def _contradictions(data: Fields) -> Iterator[Finding]:
    """``empty: fail`` beside what says that there may be nothing."""
    for path, fields in entries(data, "steps"):
        if fields.get("empty") != "fail":
            continue
        for name, value in (("on_failure", "continue"), ("keep", True)):
            if fields.get(name) == value:
                yield Finding(
                    path=(*path, "empty"), summary=f"empty: fail beside {name} stops the run",
                    hint="Write empty: warn, so that it goes on with nothing selected.",
                )  # fmt: skip


def _misnamed(name: Json, stem: str) -> Iterator[Finding]:
    if isinstance(name, str) and name != stem:
        yield Finding(
            path=("metadata", "name"), summary=f"{name} is in a file named {stem}",
            hint=f"`sopctl run` finds it as {stem}: give both the same name.",
        )  # fmt: skip


def _twin(document: Document) -> Document:
    """A document with the same places, and no problems yet."""
    return Document(
        file=document.file, data=document.data, values=document.values, keys=document.keys,
        texts=document.texts, spoilt=document.spoilt, fatal=document.fatal,
    )  # fmt: skip


def _check(data: Fields, known: Known) -> Iterator[Finding]:
    types = typing_rules.types(data, known.facts)
    for section in names.SECTIONS:
        for path, fields in entries(data, section):
            yield from _check_use(path, fields, known, types)
    yield from typing_rules.check(data, types)
    yield from _check_return(data, known)
    yield from _check_guardrails(data, known)


def _check_use(
    path: Path, fields: Fields, known: Known, types: Mapping[str, Shape]
) -> Iterator[Finding]:
    """The action or check of an entry, and what is given to it."""
    for word, table, other in (
        ("uses", known.actions, known.checks),
        ("check", known.checks, known.actions),
    ):
        used = fields.get(word)
        if not isinstance(used, str):
            continue
        if used not in table:
            yield _unknown((*path, word), used, word, set(table), set(other))
            continue
        given = fields.get("with", {})
        if not isinstance(given, Mapping):
            continue
        kind = table[used].params
        fitted, wrong = fitting.fit(kind, given, typing_rules.typed(types))
        for finding in wrong:
            yield _moved(finding, path, fields)
        whole = not wrong and not any(True for _ in typing_rules.holes(fitted))
        if whole and (refusal := fitting.refusal(kind, fitted)) is not None:
            yield _moved(refusal, path, fields)


def _moved(finding: Finding, path: Path, fields: Fields) -> Finding:
    """*finding* about the value of ``with``, as one about the file."""
    base = (*path, "with") if "with" in fields else path
    return Finding(
        path=(*base, *finding.path), summary=finding.summary, hint=finding.hint, key=finding.key
    )


def _unknown(path: Path, used: str, word: str, table: set[str], other: set[str]) -> Finding:
    what = "action" if word == "uses" else "check"
    hint = did_you_mean(used, table, what=f"{what}s")
    if used in other:
        hint = f"It is a check: write check: {used}." if word == "uses" else (
            f"It is an action: write uses: {used}, in steps."
        )  # fmt: skip
    return Finding(path=path, summary=f"there is no {what} {used}", hint=hint)


def _check_return(data: Fields, known: Known) -> Iterator[Finding]:
    """Each step that can be restored is, exactly once; no return at all is the reverse order."""
    staged = [texts(fields.get("restore")) for _, fields in entries(data, "return")]
    if not any(True for _ in entries(data, "return")):
        return
    restored = {step for stage in staged for step in stage}
    undo = {}
    for path, fields in entries(data, "steps"):
        action = known.actions.get(str(fields.get("uses")))
        step = fields.get("id")
        if action is None or not isinstance(step, str):
            continue
        undo[step] = action.undo
        if action.undo is Undo.EXACT and step not in restored:
            yield Finding(
                path=(*path, "id"), summary=f"step {step} is never restored",
                hint="Add it to a restore of return.",
            )  # fmt: skip
    for path, fields in entries(data, "return"):
        for index, step in enumerate(texts(fields.get("restore"))):
            if undo.get(step, Undo.EXACT) is not Undo.EXACT:
                yield Finding(
                    path=(*path, "restore", index), summary=f"step {step} cannot be restored",
                    hint="Remove it here: its action has no way back, or needs none.",
                )  # fmt: skip


def _check_guardrails(data: Fields, known: Known) -> Iterator[Finding]:
    """Kinds that look misspelt; an action may touch more kinds than the one it declares."""
    guardrails = data.get("guardrails")
    limits = guardrails.get("max_objects") if isinstance(guardrails, Mapping) else None
    kinds = sorted({action.kind for action in known.actions.values()})
    for kind in limits if isinstance(limits, Mapping) else ():
        near = difflib.get_close_matches(kind, kinds, n=1, cutoff=_MISSPELT)
        if near and near[0] != kind:
            yield Finding(
                path=("guardrails", "max_objects", kind),
                summary=f"no action touches {kind}", hint=f"Did you mean {near[0]}?", key=True,
            )  # fmt: skip
