"""Whether a server-side apply states something that its kind's schema can hold.

An apply is refused with 500 and no reason here, before any validation: the server cannot make a
typed value of it. Source: k8s.io/apimachinery pkg/util/managedfields/internal/structuredmerge.go,
sigs.k8s.io/structured-merge-diff v6 typed/{validate,helpers}.go.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus

from sopctl.sandbox.k8s import schema as schemas
from sopctl.sandbox.k8s.errors import ApiError
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Json, Obj

_SCALARS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "boolean": (bool, "boolean"),
    "integer": ((int, float), "numeric (int or float)"),
    "number": ((int, float), "numeric (int or float)"),
    "string": (str, "string"),
}
_NAMES = {bool: "boolean", dict: "map", float: "float", int: "int", list: "list", str: "string"}


def require_typed(kind: ResourceType, stated: Obj) -> None:
    """Raise ApiError 500 with every place at which the stated object does not fit its schema."""
    wrong = list(_misfits(kind.schema, stated, ""))
    if not wrong:
        return
    meta = stated.get("metadata") or {}
    place = f"{meta.get('namespace', '')}/{meta.get('name', '')}"
    named = f"{place}; {kind.api_version}, Kind={kind.kind}"
    text = wrong[0] if len(wrong) == 1 else "errors:\n" + "\n".join(f"  {item}" for item in wrong)
    raise ApiError(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "",
        f"failed to create typed patch object ({named}): {text}",
    )


def _misfits(schema: Obj, value: Json, path: str) -> Iterator[str]:
    if value is None or not schema:
        return
    expected = schema.get("type", "object" if "properties" in schema else "")
    if schema.get("x-kubernetes-int-or-string"):
        expected = ""
    if expected == "object" and not isinstance(value, dict):
        yield f"{path}: expected map, got &{{{value}}}"
    elif expected == "array" and not isinstance(value, list):
        yield f"{path}: expected list, got &{{{value}}}"
    elif isinstance(value, dict):
        yield from _members(schema, value, path)
    elif isinstance(value, list):
        yield from _items(schema, value, path)
    elif expected in _SCALARS:
        types, name = _SCALARS[expected]
        if not isinstance(value, types) or (isinstance(value, bool) and types is not bool):
            yield f"{path}: expected {name}, got {_NAMES.get(type(value), 'null')}"


def _members(schema: Obj, value: Obj, path: str) -> Iterator[str]:
    for key, sub in value.items():
        inner = schemas.member(schema, key)
        if inner is None:
            yield f"{path}.{key}: field not declared in schema"
        else:
            yield from _misfits(inner, sub, f"{path}.{key}")


def _items(schema: Obj, value: list[Json], path: str) -> Iterator[str]:
    keys = schemas.list_keys(schema)
    seen: set[str] = set()
    for index, item in enumerate(value):
        place = f"{path}[{index}]"
        if keys and isinstance(item, dict):
            given = {key: item.get(key, _default(schema, key)) for key in sorted(keys)}
            said = {key: value for key, value in given.items() if value is not None}
            if not said:
                omitted = "[" + " ".join(json.dumps(key) for key in keys) + "]"
                yield (
                    f"{path}: element {index}: associative list with keys has an element that "
                    f"omits all key fields {omitted} (and doesn't have default values for any key "
                    "fields)"
                )
                continue
            named = ",".join(f"{key}={json.dumps(value)}" for key, value in said.items())
            if named in seen:
                yield f"{path}: duplicate entries for key [{named}]"
            seen.add(named)
            place = f"{path}[{named}]"
        yield from _misfits(schema.get("items", {}), item, place)


def _default(schema: Obj, key: str) -> Json:
    return schema.get("items", {}).get("properties", {}).get(key, {}).get("default")
