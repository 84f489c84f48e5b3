"""Everything wrong with a runbook that can be known without running it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from sopctl.core.action import AnyAction, Undo
from sopctl.core.check import AnyCheck
from sopctl.core.codec import Json
from sopctl.core.errors import Problem
from sopctl.core.notice import Notice
from sopctl.core.runbook import Runbook, StepKind
from sopctl.notation.document import Document, Path
from sopctl.notation.finding import Finding, report
from sopctl.notation.suggest import did_you_mean
from sopctl.runbook import (
    advice,
    composed,
    fitting,
    includes,
    loader,
    names,
    rules,
    typing_rules,
)
from sopctl.runbook.inside import PREFIX, Inside
from sopctl.runbook.loader import Loaded
from sopctl.runbook.rules import Fields, entries, texts
from sopctl.runbook.shapes import Shape

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
    found = check(loaded, known)
    if found or loaded.runbook is None:
        raise loader.invalid(loaded.document.file, found)
    return loaded.runbook


def lint(source: FilePath | str, known: Known, *, file: str = "") -> tuple[Problem, ...]:
    """All problems, and advice: what is not wrong but probably not meant either."""
    loaded = loader.read(source, file=file)
    found = check(loaded, known)
    advised = Document(file=loaded.document.file)
    if not loaded.document.fatal:
        advised = _twin(loaded.document)
        report(advised, advice.check(loaded, known.actions))
    return tuple(sorted({*found, *advised.problems}))


def check(loaded: Loaded, known: Known) -> tuple[Problem, ...]:
    """The problems of *loaded*, those of the loader and of included runbooks among them."""
    twin = _twin(loaded.document)
    data = loaded.document.data
    if not loaded.document.fatal and isinstance(data, Mapping):
        inner: dict[str, tuple[Problem, ...]] = {}  # the same runbook may be included often
        for path, fields, name in includes.named(data):
            one = loaded.included.get(str(fields.get("id")))
            if one is not None and one.runbook is not None:
                inner[name] = inner[name] if name in inner else check(one, known)
                loader.report_broken(twin, (*path, "uses"), name, inner[name])
        report(twin, _check(loaded, data, known))
        if not twin.problems:
            report(twin, _check_included(loaded, data, known))
    return tuple(sorted({*loaded.document.problems, *twin.problems}))


def _twin(document: Document) -> Document:
    """A document with the same places, and no problems yet."""
    return Document(
        file=document.file, data=document.data, values=document.values, keys=document.keys,
        texts=document.texts, spoilt=document.spoilt, fatal=document.fatal,
    )  # fmt: skip


def _check(loaded: Loaded, data: Fields, known: Known) -> Iterator[Finding]:
    types = typing_rules.types(data, known.facts)
    for section in names.SECTIONS:
        for path, fields in entries(data, section):
            if not str(fields.get("uses")).startswith(PREFIX):
                yield from _check_use(path, fields, known, types)
    yield from typing_rules.check(data, types, loaded.inside)
    yield from composed.check_given(data, loaded.inside, types)
    yield from _check_return(data, known, loaded.inside)
    yield from _check_guardrails(data, known)


def _check_included(loaded: Loaded, data: Fields, known: Known) -> Iterator[Finding]:
    """What is included, with everything in its place."""
    kinds: dict[str, type] = {one.id: one.params for one in known.actions.values()}
    kinds |= {one.id: one.params for one in known.checks.values()}
    types = typing_rules.types(data, known.facts)
    if loaded.runbook is not None:
        yield from composed.check_steps(data, loaded.runbook, kinds, types)


def _check_use(
    path: Path, fields: Fields, known: Known, types: Mapping[str, Shape]
) -> Iterator[Finding]:
    """The action or check of an entry, or whom it tells, and what is given to it."""
    given = fields.get("with", {})
    if "notify" in fields and isinstance(given, Mapping):
        yield from _check_given(Notice, given, path, fields, types)
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
        if not isinstance(given, Mapping):
            continue
        yield from _check_given(table[used].params, given, path, fields, types)
        if word == "uses" and known.actions[used].opaque:
            for finding in _check_probe(given.get("check"), known, typing_rules.typed(types)):
                yield _moved(finding, path, fields)


def _check_given(
    kind: type, given: Fields, path: Path, fields: Fields, types: Mapping[str, Shape]
) -> Iterator[Finding]:
    """What stands under ``with``, as *kind*."""
    fitted, wrong = fitting.fit(kind, given, typing_rules.typed(types))
    for finding in wrong:
        yield _moved(finding, path, fields)
    whole = not wrong and not any(True for _ in typing_rules.holes(fitted))
    if whole and (refusal := fitting.refusal(kind, fitted)) is not None:
        yield _moved(refusal, path, fields)


def _check_probe(
    probe: Json, known: Known, typed: Callable[[str], str | None]
) -> Iterator[Finding]:
    """The check that says whether an opaque action is done."""
    name = probe.get("name") if isinstance(probe, Mapping) else None
    if not isinstance(probe, Mapping) or not isinstance(name, str):
        return  # said already
    if name not in known.checks:
        found = _unknown(("check", "name"), name, "check", set(known.checks), set(known.actions))
        yield found
        return
    for finding in fitting.fit(known.checks[name].params, probe.get("params", {}), typed)[1]:
        yield Finding(
            path=("check", "params", *finding.path) if "params" in probe else ("check",),
            summary=finding.summary, hint=finding.hint, key=finding.key and "params" in probe,
        )  # fmt: skip


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
    if used == StepKind.NOTIFY:
        hint = "It is a step of its own: write notify: TEXT, and with: {to: [NAME], title: TEXT}."
    return Finding(path=path, summary=f"there is no {what} {used}", hint=hint)


def _check_return(data: Fields, known: Known, inside: Inside) -> Iterator[Finding]:
    """Each step that can be restored is, exactly once; no return at all is the reverse order."""
    if not any(True for _ in entries(data, "return")):
        return
    staged = [texts(fields.get("restore")) for _, fields in entries(data, "return")]
    restored = {one for stage in staged for step in stage for one in rules.restored(step, inside)}
    undo = dict(_undo(data, known, inside))
    for path, fields in entries(data, "steps"):
        here = str(fields.get("id"))
        for step in (here, *inside.ids(here)):
            if undo.get(step) is Undo.EXACT and step not in restored:
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


def _undo(data: Fields, known: Known, inside: Inside) -> Iterator[tuple[str, Undo]]:
    """Whether each step can be restored, those of included runbooks among them."""
    for _, fields in entries(data, "steps"):
        step = fields.get("id")
        if not isinstance(step, str):
            continue
        if action := known.actions.get(str(fields.get("uses"))):
            given = fields.get("with")
            yield step, action.undo_with(given if isinstance(given, Mapping) else {})
        book = inside.books.get(step)
        for inner in book.steps if book else ():
            if action := known.actions.get(inner.uses):
                yield f"{step}.{inner.id}", action.undo_with(inner.params)


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
