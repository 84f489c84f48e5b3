"""Sets of fields: what an object states, and what a write changes.

A set of fields is a set of paths in FieldsV1 notation (`f:` a member, `k:` an item of a keyed
list, `v:` an item of a set). Source: sigs.k8s.io/structured-merge-diff v6, fieldpath and typed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from sopctl.sandbox.k8s import schema as schemas
from sopctl.sandbox.k8s.objects import Json, Obj

Path = tuple[str, ...]
# Parts of built-in kinds that Go holds as values: an empty one is there before anybody sets it.
_VALUES = frozenset(
    {"jobTemplate", "loadBalancer", "metadata", "names", "resources", "spec", "status"}
    | {"strategy", "template", "updateStrategy"}
)


@dataclass(frozen=True, slots=True)
class _Difference:
    """What was found different; `values` are parts that are there before anybody sets them."""

    values: frozenset[str]
    touched: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)


Fields = frozenset[Path]

# The server's own fields belong to nobody (managedfields/internal/stripmeta.go).
_NOBODYS = frozenset(
    {("f:apiVersion",), ("f:kind",), ("f:metadata",)}
    | {
        ("f:metadata", f"f:{name}")
        for name in (
            "creationTimestamp",
            "deletionGracePeriodSeconds",
            "deletionTimestamp",
            "generation",
            "managedFields",
            "name",
            "namespace",
            "resourceVersion",
            "selfLink",
            "uid",
        )
    }
)


def fields_of(schema: Obj, obj: Obj) -> Fields:
    """The fields that an object states."""
    out: set[Path] = set()
    _collect(schema, obj, (), out)
    return frozenset(out) - _NOBODYS


def changed(schema: Obj, old: Obj, new: Obj) -> tuple[Fields, Fields]:
    """Fields that were added or got another value, and fields that are gone."""
    found = _Difference(frozenset() if schemas.is_custom(schema) else _VALUES)
    _compare(schema, (old, new), (), found)
    return frozenset(found.touched) - _NOBODYS, frozenset(found.removed) - _NOBODYS


def item_step(schema: Obj, item: Json) -> str | None:
    """The path element of an item in an associative list, or None in an atomic one."""
    keys = schemas.list_keys(schema)
    if keys and isinstance(item, dict):
        defaults = schema.get("items", {}).get("properties", {})
        values = {key: item.get(key, defaults.get(key, {}).get("default")) for key in sorted(keys)}
        known = {key: value for key, value in values.items() if value is not None}
        return "k:" + json.dumps(known, separators=(",", ":"))
    if schema.get("x-kubernetes-list-type") == "set":
        return "v:" + json.dumps(item, separators=(",", ":"))
    return None


def readable(path: Path) -> str:
    """A path as messages print it: `.spec.containers[name="app"].image`."""
    text = ""
    for step in path:
        kind, _, rest = step.partition(":")
        if kind == "f":
            text += f".{rest}"
        elif kind == "k":
            pairs = json.loads(rest).items()
            text += "[" + ",".join(f"{key}={json.dumps(value)}" for key, value in pairs) + "]"
        else:
            text += f"[{rest}]"
    return text


def _collect(schema: Obj, value: Json, path: Path, out: set[Path]) -> None:
    if isinstance(value, dict) and schema.get("x-kubernetes-map-type") != "atomic" and value:
        for key, sub in value.items():
            step = (*path, f"f:{key}")
            if not schemas.is_struct(schema):
                out.add(step)
            _collect(schemas.member(schema, key) or {}, sub, step, out)
        return
    if isinstance(value, list) and value and item_step(schema, value[0]) is not None:
        for item in value:
            step = (*path, item_step(schema, item) or "")
            out.add(step)
            if isinstance(item, dict):
                _collect(schema["items"], item, step, out)
        return
    out.add(path)


def _compare(schema: Obj, pair: tuple[Json, Json], path: Path, found: _Difference) -> None:
    old, new = pair
    if old is new or old == new:
        return
    if _is_open(schema, old) and _is_open(schema, new):
        _compare_members(schema, pair, path, found)
        return
    before, after = _items(schema, old), _items(schema, new)
    if before is None or after is None:
        found.touched.add(path)
        return
    items = schema["items"]
    for step in before.keys() | after.keys():
        place = (*path, step)
        if step not in before:
            _collect_whole(items, after[step], place, found.touched)
        elif step not in after:
            _collect_whole(items, before[step], place, found.removed)
        else:
            _compare(items, (before[step], after[step]), place, found)


def _compare_members(schema: Obj, pair: tuple[Obj, Obj], path: Path, found: _Difference) -> None:
    old, new = pair
    for key, value in new.items():
        before = old.get(key)
        if value is before:
            continue
        inner, place = schemas.member(schema, key) or {}, (*path, f"f:{key}")
        if key in old:
            _compare(inner, (before, value), place, found)
        elif key in found.values and isinstance(value, dict):
            _compare(inner, ({}, value), place, found)
        else:
            _collect_whole(inner, value, place, found.touched)
            if key in schema.get("required", ()) and _holds(inner, value):
                found.touched.discard(place)
    for key in old.keys() - new.keys():
        place = (*path, f"f:{key}")
        _collect_whole(schemas.member(schema, key) or {}, old[key], place, found.removed)


def _collect_whole(schema: Obj, value: Json, path: Path, out: set[Path]) -> None:
    """What there is in a value, and whatever holds it: all of it is new, or gone.

    A set that somebody states has the leaves only (`_collect`); one that is compared has the
    objects and lists on the way too, where they were not there before (typed/compare.go).
    """
    out.add(path)
    if _is_open(schema, value):
        for key, sub in value.items():
            _collect_whole(schemas.member(schema, key) or {}, sub, (*path, f"f:{key}"), out)
        return
    for step, item in (_items(schema, value) or {}).items():
        _collect_whole(schema["items"], item, (*path, step), out)


def _holds(schema: Obj, value: Json) -> bool:
    """Whether what is in a list is owned item by item."""
    return isinstance(value, list) and bool(value) and _items(schema, value) is not None


def _is_open(schema: Obj, value: Json) -> bool:
    """Whether this is an object whose members are owned separately."""
    return isinstance(value, dict) and schema.get("x-kubernetes-map-type") != "atomic"


def _items(schema: Obj, value: Json) -> dict[str, Json] | None:
    """The separately owned items of a list by path element; None when it is owned as a whole."""
    if not isinstance(value, list):
        return None
    if not value:
        return {} if schema.get("x-kubernetes-list-type") in ("map", "set") else None
    steps = [item_step(schema, item) for item in value]
    named = {step: item for step, item in zip(steps, value, strict=True) if step is not None}
    return named if len(named) == len(value) else None


def decode(tree: Obj, path: Path = ()) -> Iterable[Path]:
    """The paths in a FieldsV1."""
    if path and (not tree or "." in tree):
        yield path
    for step, sub in tree.items():
        if step != ".":
            yield from decode(sub, (*path, step))


def encode(fields: Fields) -> Obj:
    """The FieldsV1 of a set."""
    tree: Obj = {}
    for path in sorted(fields):
        node = tree
        for step in path:
            node = node.setdefault(step, {})
        node["."] = {}
    return _without_lone_dots(tree)


def _without_lone_dots(tree: Obj) -> Obj:
    if tree.keys() == {"."}:
        return {}
    return {step: _without_lone_dots(sub) if step != "." else {} for step, sub in tree.items()}
