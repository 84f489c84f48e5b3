"""Server-side apply: merge what a manager states, drop what it no longer states, find conflicts.

Source: sigs.k8s.io/structured-merge-diff v6, merge/update.go.
"""

from __future__ import annotations

from dataclasses import replace

from sopctl.sandbox.k8s import fieldsets, managed
from sopctl.sandbox.k8s import schema as schemas
from sopctl.sandbox.k8s.errors import apply_conflict
from sopctl.sandbox.k8s.fieldsets import Fields, Path
from sopctl.sandbox.k8s.managed import Owner
from sopctl.sandbox.k8s.objects import Json, Obj, clone


def apply(
    schema: Obj, live: Obj, stated: Obj, applier: Owner, *, force: bool
) -> tuple[Obj, tuple[Owner, ...]]:
    """The live object after an apply, and who owns what from then on.

    Raises ApiError 409 with a FieldManagerConflict per field that others own with another value,
    unless `force` takes the fields over. An empty `live` object is a create.
    """
    fields = fieldsets.fields_of(schema, stated)
    owners = managed.owners_of(live)
    mine = next((owner for owner in owners if owner.same(applier)), None)
    others = [owner for owner in owners if not owner.same(applier)]
    merged: Obj = merge(schema, clone(live), stated)
    if mine is not None:
        kept = frozenset[Path]().union(fields, *(owner.fields for owner in others))
        _drop(schema, merged, mine.fields - kept, kept)
    touched, removed = fieldsets.changed(schema, live, merged)
    changes = touched | removed
    if not force:
        _refuse_conflicts(others, changes & fields)
    left = tuple(replace(owner, fields=owner.fields - changes) for owner in others)
    return merged, (*left, replace(applier, fields=fields))


def merge(schema: Obj, live: Json, stated: Json) -> Json:
    """The live value with everything stated in it; the live value may be changed."""
    if isinstance(live, dict) and isinstance(stated, dict):
        if schema.get("x-kubernetes-map-type") == "atomic":
            return stated
        for key, value in stated.items():
            inner = schemas.member(schema, key) or {}
            live[key] = merge(inner, live[key], value) if key in live else value
        return live
    if isinstance(live, list) and isinstance(stated, list):
        return _merge_lists(schema, live, stated)
    return stated


def _merge_lists(schema: Obj, live: list[Json], stated: list[Json]) -> list[Json]:
    kind = schema.get("x-kubernetes-list-type")
    if kind not in ("map", "set"):
        return stated
    places = {fieldsets.item_step(schema, item): index for index, item in enumerate(live)}
    merged = list(live)
    for item in stated:
        index = places.get(fieldsets.item_step(schema, item))
        if index is None:
            merged.append(item)
        elif kind == "map":
            merged[index] = merge(schema["items"], merged[index], item)
    return merged


def _refuse_conflicts(others: list[Owner], changes: Fields) -> None:
    conflicts = [
        (str(owner), fieldsets.readable(path))
        for owner in others
        for path in sorted(owner.fields & changes)
    ]
    if conflicts:
        raise apply_conflict(conflicts)


def _drop(schema: Obj, obj: Obj, gone: Fields, kept: Fields) -> None:
    """Remove fields that nobody states any more, containers before what is in them."""
    for path in sorted(gone, key=len):
        # An item or member under which something is still owned stays as its container.
        if not any(other[: len(path)] == path for other in kept):
            _remove(schema, obj, path)


def _remove(schema: Obj, value: Json, path: Path) -> None:
    step, rest = path[0], path[1:]
    if step.startswith("f:") and isinstance(value, dict):
        key = step[2:]
        if key not in value:
            return
        if not rest:
            del value[key]
            return
        _remove(schemas.member(schema, key) or {}, value[key], rest)
        if value[key] in ({}, []):
            del value[key]
    elif isinstance(value, list):
        _remove_item(schema, value, step, rest)


def _remove_item(schema: Obj, value: list[Json], step: str, rest: Path) -> None:
    for index, item in enumerate(value):
        if fieldsets.item_step(schema, item) != step:
            continue
        if not rest:
            del value[index]
        elif not (len(rest) == 1 and rest[0][2:] in schemas.list_keys(schema)):
            # The keys of an item that stays are what it is known by, so they stay too.
            _remove(schema.get("items", {}), item, rest)
        return
