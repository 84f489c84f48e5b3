"""Actions and checks on the screen: what runbooks can use."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

from sopctl.core.action import AnyAction, Undo
from sopctl.core.check import AnyCheck
from sopctl.core.codec import Json
from sopctl.views.lines import EMPTY, Line, Span, line, paragraph, table

UNDO: Mapping[Undo, str] = {
    Undo.EXACT: "exact: the before-image is written back",
    Undo.OWNER_RECREATES: "none needed: the owner makes a new one",
    Undo.RESIDUE: "leaves something behind; needs consent",
    Undo.NONE: "no way back; needs consent",
}


def actions(found: Mapping[str, AnyAction]) -> list[Line]:
    """Name, how it is undone, and what it does."""
    rows = [(name, _undo(each), each.summary) for name, each in sorted(found.items())]
    return _listed(("NAME", "UNDO", "WHAT"), rows)


def checks(found: Mapping[str, AnyCheck]) -> list[Line]:
    """Name, and what it asks."""
    rows = [(name, each.summary) for name, each in sorted(found.items())]
    return _listed(("NAME", "HOLDS WHEN"), rows)


def _undo(action: AnyAction) -> str:
    return "depends" if action.undo_of else str(action.undo)


def _listed(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[Line]:
    shown: list[list[str | Span]] = [[(each, "quiet") for each in head]]
    shown += [[(name, "strong"), *rest] for name, *rest in rows]
    return table(shown)


def actions_data(found: Mapping[str, AnyAction]) -> list[Json]:
    return [
        {
            "schema": "sopctl.action/1",
            "name": name,
            "summary": each.summary,
            "kind": each.kind,
            "undo": _undo(each),
            "disruptive": each.disruptive,
            "effect": each.effect.describe if each.effect else None,
            "permissions": list(each.permissions),
            "parameters": [field.name for field in dataclasses.fields(each.params)],
        }
        for name, each in sorted(found.items())
    ]


def checks_data(found: Mapping[str, AnyCheck]) -> list[Json]:
    return [
        {
            "schema": "sopctl.check/1",
            "name": name,
            "summary": each.summary,
            "permissions": list(each.permissions),
            "parameters": [field.name for field in dataclasses.fields(each.params)],
        }
        for name, each in sorted(found.items())
    ]


def action(one: AnyAction) -> list[Line]:
    """What it does, its parameters, what it needs, how it is undone, and its traps."""
    needs = (*one.permissions, *(["what its parameters name"] if one.permissions_of else []))
    rows: list[list[str | Span]] = [
        ["resources", one.kind],
        ["undo", "as its parameters say" if one.undo_of else UNDO[one.undo]],
        ["watches", one.effect.describe if one.effect else "nothing after the read-back"],
        ["waits", "for all outstanding effects" if one.disruptive else "for nothing"],
    ]
    return [
        line((one.id, "strong"), f": {one.summary}"),
        EMPTY,
        *table(rows, indent=2),
        EMPTY,
        *_room(one.params, one.converge, needs),
    ]


def check(one: AnyCheck) -> list[Line]:
    """What it asks, its parameters and what it needs."""
    head = line((one.id, "strong"), f": {one.summary}")
    return [head, EMPTY, *_room(one.params, one.look, one.permissions)]


def _room(
    params: type, function: Callable[..., object], permissions: tuple[str, ...]
) -> Iterator[Line]:
    fields = dataclasses.fields(params)
    if fields:
        yield line(("Parameters", "strong"))
        yield from paragraph(inspect.getdoc(params) or "", indent=2)
        yield from table([[f.name, _default(f)] for f in fields], indent=2)
        yield EMPTY
    yield line(("Needs", "strong"))
    yield from paragraph(", ".join(permissions), indent=2)
    said = (sys.modules[function.__module__].__doc__ or "").strip().split("\n\n", 1)
    if len(said) > 1:
        yield EMPTY
        yield line(("Read this first", "strong"))
        yield from paragraph(said[1], indent=2)


def _default(field: dataclasses.Field[object]) -> str:
    if field.default is not dataclasses.MISSING:
        return f"default {field.default!r}"
    return "required" if field.default_factory is dataclasses.MISSING else "default: empty"
