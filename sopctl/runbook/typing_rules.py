"""The types of all expressions of a runbook, checked without evaluating any."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from sopctl.core.codec import Json
from sopctl.core.runbook import ParameterType
from sopctl.notation.document import Path
from sopctl.notation.finding import Finding
from sopctl.notation.suggest import did_you_mean
from sopctl.runbook import cel_text, expressions, names, parameters
from sopctl.runbook.cel_text import Hole, TextError
from sopctl.runbook.expressions import InvalidExpressionError
from sopctl.runbook.inside import Inside
from sopctl.runbook.rules import Fields
from sopctl.runbook.shapes import Shape, leaves

_BY_ID: Final = "map(string, map(string, string))"
_PLAIN: Final = frozenset({"string", "int", "uint", "double", "bool", "dyn"})


def types(data: Fields, facts: Mapping[str, Shape]) -> Mapping[str, Shape]:
    """What the expressions of a runbook can look at, and of what type it is."""
    declared = data.get("parameters")
    found: dict[str, Shape] = {}
    for name, fields in declared.items() if isinstance(declared, Mapping) else ():
        if isinstance(fields, Mapping):
            found[name] = _parameter(fields)
    return {"params": found, "facts": facts, "steps": _BY_ID, "gates": _BY_ID}


def _parameter(fields: Fields) -> str:
    kind = fields.get("type")
    if not isinstance(kind, str) or kind not in set(ParameterType):
        return "dyn"
    may_be_null = fields.get("required") is not True and fields.get("default") is None
    return "dyn" if may_be_null else parameters.CEL_TYPES[ParameterType(kind)]


def check(data: Fields, declared: Mapping[str, Shape], inside: Inside) -> Iterator[Finding]:
    """Every expression that does not compile, or gives what its place cannot take."""
    for path, source, offset in names.expressions(data):
        try:
            compiled = expressions.compile(source, declared)
        except InvalidExpressionError as error:
            if not _is_known_already(data, path, source, inside):
                yield _complaint(error, path, source, offset, declared)
            continue
        found = compiled.type
        for field in compiled.unknown_fields(declared):
            yield Finding(
                path=path, summary=f"there is no field {field.name}",
                hint=did_you_mean(field.name, field.known, what="fields"),
                offset=offset + field.offset,
            )  # fmt: skip
        if path[2:] == ("when",) and found not in ("bool", "dyn"):
            yield Finding(
                path=path, summary=f"when is {found}, neither true nor false",
                hint="Compare it with something.", offset=offset,
            )  # fmt: skip
    for path, text in names.texts_with_holes(data):
        pieces = cel_text.split(text)
        is_text = len(pieces) > 1 or path[2] != "with"
        for hole in (piece for piece in pieces if isinstance(piece, Hole) and is_text):
            found = _type(hole.source, declared)
            if found not in _PLAIN:
                yield _not_plain(path, hole.offset, found)


def typed(declared: Mapping[str, Shape]) -> Callable[[str], str | None]:
    """Tells the type of a text with expressions; None for a text without any."""

    def type_of(text: str) -> str | None:
        try:
            pieces = cel_text.split(text)
        except TextError:
            return "dyn"
        if not any(isinstance(piece, Hole) for piece in pieces):
            return None
        whole = pieces[0] if len(pieces) == 1 else None
        return _type(whole.source, declared) if isinstance(whole, Hole) else "string"

    return type_of


def holes(value: Json) -> Iterator[Hole]:
    """The expressions in *value*, as far as they can be read."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from holes(item)
    elif isinstance(value, str):
        try:
            yield from cel_text.holes(value)
        except TextError:
            yield Hole("", 0)
    elif isinstance(value, Sequence):
        for item in value:
            yield from holes(item)


def _type(source: str, declared: Mapping[str, Shape]) -> str:
    """The type of an expression; ``dyn`` if it has none, which is reported elsewhere."""
    try:
        return expressions.compile(source, declared).type
    except InvalidExpressionError:
        return "dyn"


def _not_plain(path: Path, offset: int, found: str) -> Finding:
    return Finding(
        path=path, summary=f"a {found} cannot be written inside a text",
        hint="Only text, numbers, true and false can.", offset=offset,
    )  # fmt: skip


def _is_known_already(data: Fields, path: Path, source: str, inside: Inside) -> bool:
    """Whether the loader has said what is wrong with a name."""
    misled = any(True for _ in cel_text.misleading(source))
    return misled or any(True for _ in names.check_references(data, path, source, inside))


def _complaint(
    error: InvalidExpressionError,
    path: Path,
    source: str,
    offset: int,
    declared: Mapping[str, Shape],
) -> Finding:
    place = offset + error.offset
    facts = declared["facts"]
    assert isinstance(facts, Mapping)
    for reference in sorted(cel_text.references(source)):
        root, _, name = reference.partition(".")
        if root == "facts" and name and name not in facts:
            hint = did_you_mean(name, facts, what="facts")
            start = offset + max(0, source.find(reference))
            return Finding(path=path, summary=f"there is no fact {name}", hint=hint, offset=start)
    hint = error.hint or _nearest(error.summary, declared)
    return Finding(path=path, summary=error.summary, hint=hint, offset=place)


def _nearest(summary: str, declared: Mapping[str, Shape]) -> str:
    """A hint for a name that is not declared."""
    name = summary.removesuffix(" is not known")
    if name == summary:
        return "Correct the expression; it is CEL."
    known = [leaf for leaf, _ in leaves(declared)]
    inside = [leaf for leaf in known if leaf.startswith(f"{name}.")]
    if inside:
        return f"Name one of its fields: {', '.join(inside[:8])}."
    return did_you_mean(name, known, what="names")
