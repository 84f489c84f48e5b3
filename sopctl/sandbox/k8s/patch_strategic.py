"""Strategic merge patch: lists are merged by the key that their schema names.

Source: k8s.io/apimachinery/pkg/util/strategicpatch/patch.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from sopctl.sandbox.k8s import schema as schemas
from sopctl.sandbox.k8s.errors import bad_request, internal_error
from sopctl.sandbox.k8s.objects import Json, Obj

_DIRECTIVE = "$patch"
_RETAIN = "$retainKeys"
_ORDER = "$setElementOrder/"
_DELETE = "$deleteFromPrimitiveList/"


def strategic_patch(schema: Obj, target: Obj, patch: Obj) -> Obj:
    """The target with the patch merged in; the target may be changed.

    Raises ApiError 400 for an unknown directive or a list item without its merge key.
    """
    directive = patch.get(_DIRECTIVE, "merge")
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != _DIRECTIVE}
    if directive == "delete":
        return {}
    if directive != "merge":
        raise internal_error(f"unknown patch type: {directive} in map: {_in_go(patch)}")
    if _RETAIN in patch:
        retained = set(patch[_RETAIN])
        target = {key: value for key, value in target.items() if key in retained}
    for key, value in patch.items():
        if key.startswith(_DELETE):
            _delete_values(target, key.removeprefix(_DELETE), value)
        elif not key.startswith("$"):
            _merge_member(schemas.member(schema, key) or {}, target, key, value)
    for key in filter(lambda key: key.startswith(_ORDER), patch):
        name = key.removeprefix(_ORDER)
        _order_member(schemas.member(schema, name) or {}, target, name, patch[key])
    return target


def _order_member(schema: Obj, target: Obj, key: str, order: Sequence[Json]) -> None:
    if isinstance(target.get(key), list):
        target[key] = _ordered(target[key], order, _merge_key(schema))


def _merge_member(schema: Obj, target: Obj, key: str, value: Json) -> None:
    current = target.get(key)
    strategies = schema.get("x-kubernetes-patch-strategy", "").split(",")
    if value is None:
        target.pop(key, None)
    elif isinstance(value, dict) and "replace" not in strategies:
        target[key] = strategic_patch(schema, current if isinstance(current, dict) else {}, value)
    elif isinstance(value, list) and "merge" in strategies:
        target[key] = _merge_list(schema, current if isinstance(current, list) else [], value)
    else:
        target[key] = _plain(value)


def _merge_list(schema: Obj, current: list[Json], patch: Sequence[Json]) -> list[Json]:
    key = _merge_key(schema)
    if not key:
        return current + [item for item in patch if item not in current]
    if not all(isinstance(item, dict) for item in patch):
        raise bad_request("invalid patch: a list that is merged by key has items without keys")
    if any(item.get(_DIRECTIVE) == "replace" for item in patch):
        return [_plain(item) for item in patch if _DIRECTIVE not in item]
    merged = list(current)
    for item in patch:
        if key not in item:
            raise internal_error(f"map: {_in_go(item)} does not contain declared merge key: {key}")
        place = next((i for i, old in enumerate(merged) if old.get(key) == item[key]), None)
        if item.get(_DIRECTIVE) == "delete":
            merged = [old for old in merged if old.get(key) != item[key]]
        elif place is None:
            merged.append(strategic_patch(schema.get("items", {}), {}, item))
        else:
            merged[place] = strategic_patch(schema.get("items", {}), merged[place], item)
    return merged


def _ordered(items: list[Json], order: Sequence[Json], key: str) -> list[Json]:
    """Items in the wanted order; one that the order does not name follows its old neighbour."""

    def identity(item: Json) -> Json:
        return item.get(key) if key and isinstance(item, dict) else item

    wanted = [identity(item) for item in order]
    result = sorted(
        (item for item in items if identity(item) in wanted),
        key=lambda item: wanted.index(identity(item)),
    )
    for index, item in enumerate(items):
        if identity(item) not in wanted:
            place = result.index(items[index - 1]) + 1 if index else 0
            result.insert(place, item)
    return result


def _delete_values(target: Obj, key: str, values: Sequence[Json]) -> None:
    if isinstance(target.get(key), list):
        target[key] = [item for item in target[key] if item not in values]


def _merge_key(schema: Obj) -> str:
    return str(schema.get("x-kubernetes-patch-merge-key", ""))


def _plain(value: Json) -> Json:
    """A value that replaces what was there, without directives."""
    if isinstance(value, dict):
        return {key: _plain(sub) for key, sub in value.items() if not key.startswith("$")}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _in_go(value: Json) -> str:
    """A value as Go prints it with %v."""
    if isinstance(value, dict):
        pairs = (f"{key}:{_in_go(sub)}" for key, sub in sorted(value.items()))
        return f"map[{' '.join(pairs)}]"
    if isinstance(value, list):
        return f"[{' '.join(map(_in_go, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
