"""Parameters and expressions: what is declared, and what the texts refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sopctl.core.codec import Json
from sopctl.core.errors import UsageError
from sopctl.core.runbook import Parameter, ParameterType, StepKind
from sopctl.notation.document import Path
from sopctl.notation.finding import Finding
from sopctl.notation.suggest import did_you_mean
from sopctl.runbook import cel_text, parameters
from sopctl.runbook.inside import NOTHING, Inside
from sopctl.runbook.rules import Fields, entries, texts

WITH_EXPRESSIONS: Final = ("with", "gate", "notify")
"""The fields in which ``${{ }}`` is resolved."""
SECTIONS: Final = ("before", "steps", "after", "return")
# Source: cel-spec, langdef.md#syntax (reserved words cannot be selected as fields).
_RESERVED: Final = frozenset({
    "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in",
    "let", "loop", "namespace", "null", "package", "return", "true", "var", "void", "while",
})  # fmt: skip
_USED_BY_COMMANDS: Final = frozenset({"help"})


def check(data: Json, inside: Inside = NOTHING) -> Iterator[Finding]:
    """Everything wrong with the declarations and with what refers to them."""
    if not isinstance(data, Mapping):
        return
    declared = data.get("parameters")
    if isinstance(declared, Mapping):
        for name, fields in declared.items():
            if isinstance(fields, Mapping):
                yield from _check_parameter(name, fields)
    for path, source, offset in expressions(data):
        yield from _check_text(path, source, offset)
        for finding in check_references(data, path, source, inside):
            yield replace(finding, offset=offset + (finding.offset or 0))
    yield from _check_holes(data)


def expressions(data: Fields) -> Iterator[tuple[Path, str, int]]:
    """Every expression: the path of its text, its source, its offset in the text."""
    for section in SECTIONS:
        for path, fields in entries(data, section):
            condition = fields.get("when")
            if isinstance(condition, str) and "${{" not in condition:
                yield (*path, "when"), condition, 0
    for path, text in texts_with_holes(data):
        for hole in cel_text.holes(text):
            yield path, hole.source, hole.offset


def texts_with_holes(data: Fields) -> Iterator[tuple[Path, str]]:
    """The texts whose expressions will be resolved, with their paths; broken ones are left out."""
    return ((path, text) for path, text in _data_texts(data) if _is_whole(text))


def _data_texts(data: Fields) -> Iterator[tuple[Path, str]]:
    for section in SECTIONS:
        for path, fields in entries(data, section):
            for name in WITH_EXPRESSIONS:
                yield from _texts(fields.get(name), (*path, name))


def _is_whole(text: str) -> bool:
    try:
        cel_text.split(text)
    except cel_text.TextError:
        return False
    return True


def _texts(value: Json, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, Sequence):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))


def _check_holes(data: Fields) -> Iterator[Finding]:
    """Holes that do not end, and those in places where nothing resolves them."""
    for section in SECTIONS:
        for path, fields in entries(data, section):
            for name, value in fields.items():
                if name not in WITH_EXPRESSIONS and isinstance(value, str) and "${{" in value:
                    yield _misplaced((*path, name), name, value)
    for path, text in _data_texts(data):
        yield from _check_hole(path, text)


def _misplaced(path: Path, name: str, value: str) -> Finding:
    if name == "when":
        summary, hint = "when is an expression already", "Write it without ${{ and }}."
    else:
        summary, hint = (
            f"{name} cannot have an expression",
            "Write it out; only with, gate and notify can have one.",
        )
    return Finding(path=path, summary=summary, hint=hint, offset=value.index("${{"))


def _check_hole(path: Path, text: str) -> Iterator[Finding]:
    try:
        cel_text.split(text)
    except cel_text.TextError as error:
        yield Finding(path=path, summary=str(error), hint=error.hint, offset=error.offset)


def _check_text(path: Path, source: str, offset: int) -> Iterator[Finding]:
    for summary, at in cel_text.misleading(source):
        hint = "Give it another name." if "loop" in summary else "Remove the dot."
        yield Finding(path=path, summary=summary, hint=hint, offset=offset + at)


def check_references(
    data: Fields, path: Path, source: str, inside: Inside = NOTHING
) -> Iterator[Finding]:
    """Parameters, steps and gates that an expression names and that are not there.

    Offsets are into *source*.
    """
    if misplaced := tuple(_outcomes(path, source)):
        yield from misplaced
        return
    known = {
        "params": _keys(data.get("parameters")),
        "steps": tuple(_earlier(data, path, inside)),
        "gates": tuple(_earlier(data, path, inside, StepKind.GATE)),
    }
    for reference in sorted(cel_text.references(source)):
        root, _, name = reference.partition(".")
        if not name or root not in known or name in known[root] or inside.is_unclear(name):
            continue
        what = {"params": "parameter", "steps": "earlier step", "gates": "earlier gate"}[root]
        hint = did_you_mean(name, known[root], what=f"{what}s")
        if inner := [one for one in known[root] if one.startswith(f"{name}.")]:
            hint = f"Name one of its steps: {root}['{inner[0]}']."
        elif any(one.startswith(f"{name}-") for one in known[root]):
            hint = f"Write {root}['{name}-...'] for a name with a dash."
        start = max(0, source.find(reference))
        yield Finding(path=path, summary=f"there is no {what} {name}", hint=hint, offset=start)


def _outcomes(path: Path, source: str) -> Iterator[Finding]:
    """Steps and gates outside of ``when``: everything else is known before the first step.

    On the way back they are of another run.
    """
    for reference in sorted(cel_text.references(source)):
        root = reference.partition(".")[0]
        if root in ("steps", "gates") and (path[2] in WITH_EXPRESSIONS or path[0] == "return"):
            back = path[0] == "return"
            where = "cannot be looked at in return" if back else "can be looked at only in when"
            yield Finding(
                path=path, summary=f"{root} {where}",
                hint="Use parameters and facts here.", offset=max(0, source.find(root)),
            )  # fmt: skip


def _earlier(data: Fields, path: Path, inside: Inside, *kinds: StepKind) -> Iterator[str]:
    """The ids of the steps (of *kinds*) that are over when the one at *path* starts."""
    order = {section: index for index, section in enumerate(SECTIONS)}
    here = (order[str(path[0])], int(path[1]))
    for section in SECTIONS:
        for place, fields in entries(data, section):
            step = fields.get("id")
            if (order[section], int(place[1])) >= here or not isinstance(step, str):
                continue
            if step in inside.books:
                yield from inside.ids(step, *kinds)
            elif not kinds or any(kind.value in fields for kind in kinds):
                yield step


def _keys(value: Json) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, Mapping) else ()


def _check_parameter(name: str, fields: Fields) -> Iterator[Finding]:
    path: Path = ("parameters", name)
    if name in _RESERVED or name in _USED_BY_COMMANDS:
        yield Finding(
            path=path, summary=f"a parameter cannot be named {name}",
            hint="The word is taken; choose another.", key=True,
        )  # fmt: skip
    kind = fields.get("type")
    if not isinstance(kind, str) or kind not in set(ParameterType):
        return
    yield from _check_extras(path, fields, ParameterType(kind))
    if fields.get("required") is True and fields.get("default") is not None:
        yield Finding(
            path=(*path, "default"), summary="a required parameter has no default",
            hint="Remove required, or the default.", key=True,
        )  # fmt: skip
    if fields.get("default") is not None:
        yield from _check_default(path, name, fields)


def _check_extras(path: Path, fields: Fields, kind: ParameterType) -> Iterator[Finding]:
    if kind is ParameterType.ENUM and not texts(fields.get("choices")):
        yield Finding(path=path, summary="an enum has choices", hint="Add choices: [a, b].")
    if kind is not ParameterType.ENUM and "choices" in fields:
        yield Finding(
            path=(*path, "choices"), summary=f"choices mean nothing for type {kind.value}",
            hint="Write type: enum, or remove them.", key=True,
        )  # fmt: skip
    pattern = fields.get("pattern")
    if isinstance(pattern, str) and (why := _bad_pattern(pattern)):
        yield Finding(
            path=(*path, "pattern"), summary=f"pattern is not a regular expression: {why}",
            hint="Correct it; Python's syntax is used.",
        )  # fmt: skip
    if "pattern" in fields and kind not in _WITH_PATTERN:
        yield Finding(
            path=(*path, "pattern"), summary=f"pattern means nothing for type {kind.value}",
            hint="Write type: id, or remove it.", key=True,
        )  # fmt: skip


_WITH_PATTERN: Final = (ParameterType.ID, ParameterType.STRING, ParameterType.LIST)


def _bad_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    return ""


def _check_default(path: Path, name: str, fields: Fields) -> Iterator[Finding]:
    pattern = fields.get("pattern")
    parameter = Parameter(
        name=name,
        type=ParameterType(str(fields["type"])),
        choices=texts(fields.get("choices")),
        pattern=pattern if isinstance(pattern, str) and not _bad_pattern(pattern) else "",
    )
    try:
        parameters.conform(parameter, fields.get("default"))
    except UsageError as error:
        yield Finding(path=(*path, "default"), summary=error.summary, hint=error.hint)
