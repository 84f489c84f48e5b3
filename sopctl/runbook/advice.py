"""What does no harm in a runbook, but is probably not meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath

from sopctl.core.action import AnyAction
from sopctl.core.codec import Json
from sopctl.core.runbook import DEFAULT_GUARDRAIL, Runbook
from sopctl.notation.document import Path
from sopctl.notation.finding import Finding
from sopctl.runbook import cel_text, includes, names
from sopctl.runbook.loader import Loaded
from sopctl.runbook.rules import Fields, entries


def check(loaded: Loaded, actions: Mapping[str, AnyAction]) -> Iterator[Finding]:
    """Advice on *loaded*."""
    data = loaded.document.data
    if not isinstance(data, Mapping):
        return
    yield from _unused(data)
    yield from _contradictions(data)
    metadata = data.get("metadata")
    file = loaded.document.file
    if isinstance(metadata, Mapping) and file.endswith((".yaml", ".yml")):
        yield from _misnamed(metadata.get("name"), FilePath(file).stem)
    if loaded.runbook is not None:
        yield from _too_low(data, loaded.runbook, actions)
        yield from _unguarded(data, loaded.runbook, actions)


def _unused(data: Fields) -> Iterator[Finding]:
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


def _too_low(data: Fields, book: Runbook, actions: Mapping[str, AnyAction]) -> Iterator[Finding]:
    """Late steps that may touch more than the guardrail allows: the lower number counts."""
    places = _places(data)
    for step in book.steps:
        action = actions.get(step.uses)
        if action is None or step.id.partition(".")[0] not in places:
            continue
        allowed = book.guardrails.get(action.kind, DEFAULT_GUARDRAIL).count
        if step.bound > allowed:
            path = places[step.id.partition(".")[0]]
            yield Finding(
                path=(*path, "bound") if "." not in step.id else (*path, "uses"),
                summary=f"step {step.id} may touch {step.bound} {action.kind}, the guardrail "
                f"allows {allowed}",
                hint=f"Raise the guardrail of {action.kind}, or lower the bound.",
            )  # fmt: skip


def _unguarded(data: Fields, book: Runbook, actions: Mapping[str, AnyAction]) -> Iterator[Finding]:
    """Kinds that only an included runbook touches, and that no guardrail here speaks of."""
    for path, fields, name in includes.named(data):
        prefix = f"{fields.get('id')}."
        used = {step.uses for step in book.steps if step.id.startswith(prefix)}
        kinds = {actions[one].kind for one in used if one in actions}
        for kind in sorted(kinds - set(book.guardrails)):
            yield Finding(
                path=(*path, "uses"), summary=f"there is no guardrail for {kind}, which {name} "
                "touches",
                hint="Add what this runbook needs; the guardrails of included ones do not count.",
            )  # fmt: skip


def _places(data: Fields) -> Mapping[str, Path]:
    return {str(fields.get("id")): path for path, fields in entries(data, "steps")}
