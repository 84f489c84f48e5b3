"""Structural validation: types, unknown fields, required members, allowed values.

A part that an update leaves alone is not looked at again: that keeps a patch of a large object
cheap, and objects that an older rule let in can still be changed elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sopctl.sandbox.k8s import schema as schemas
from sopctl.sandbox.k8s.errors import ApiError, bad_request, cause, invalid
from sopctl.sandbox.k8s.fitting import fits, is_micro_time, is_time
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Json, Obj, encode

_PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "string": str,
}
_JSON_NAMES = {bool: "bool", dict: "object", float: "number", int: "number", list: "array"}
_OPENAPI_NAMES = {
    bool: "boolean",
    dict: "object",
    float: "number",
    int: "integer",
    list: "array",
    str: "string",
}
_GO_NAMES = {"array": "slice", "boolean": "bool", "integer": "int32", "number": "float64"}


@dataclass(slots=True)
class Findings:
    """What a walk found: fields to warn about or refuse, and the causes of a refusal."""

    unknown: list[str] = field(default_factory=list)
    mistyped: list[str] = field(default_factory=list)
    causes: list[Obj] = field(default_factory=list)


def check_structure(kind: ResourceType, obj: Obj, old: Obj | None) -> Findings:
    """Compare an object with its kind's schema.

    Raises ApiError 400 for a wrong type (422 for a custom resource) and 422 for missing or
    unsupported values; unknown fields are only reported, since what to do about them is the
    client's choice (`fieldValidation`).
    """
    found = Findings()
    if kind.custom is None and fits(kind.schema, obj, old):
        return found
    walk = _Walk if kind.custom is None else _CustomWalk
    walk(found).walk(kind.schema, obj, old, "")
    if found.mistyped:
        raise bad_request(
            f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: '
            f"json: cannot unmarshal {found.mistyped[0]}"
        )
    if found.causes:
        raise invalid_object(kind, obj, found.causes)
    return found


def invalid_object(kind: ResourceType, obj: Obj, causes: Iterable[Obj]) -> ApiError:
    """422 about one object."""
    name = obj.get("metadata", {}).get("name", "")
    return invalid(kind.kind, kind.group, name, tuple(causes))


def refuse_nulls(kind: ResourceType, obj: Obj) -> None:
    """ApiError 422 for members of a custom resource that are said to be nothing and may not.

    Only an apply says so: of everything else the decoder drops them.
    """
    walk = _CustomWalk(Findings())
    walk.nulls(kind.schema, obj, "")
    if walk.found.causes:
        raise invalid_object(kind, obj, walk.found.causes)


class _Walk:
    def __init__(self, found: Findings) -> None:
        self.found = found
        # Controllers write the status, and leave out zero values that Go would spell out.
        self._in_status = False

    def walk(self, schema: Obj, value: Json, old: Json, path: str) -> None:
        if value is None or value == old:
            return
        if not self._typed(schema, value, path):
            return
        if isinstance(value, dict):
            self._object(schema, value, old if isinstance(old, dict) else {}, path)
        elif isinstance(value, list):
            before = old if isinstance(old, list) else []
            self._few(schema, value, path)
            items = schema.get("items", {})
            for index, item in enumerate(value):
                previous = before[index] if index < len(before) else None
                if item is None:
                    self._no_item(items, f"{path}[{index}]")
                self.walk(items, item, previous, f"{path}[{index}]")
        else:
            self._allowed(schema, value, path)

    def _typed(self, schema: Obj, value: Json, path: str) -> bool:
        if schema.get("x-kubernetes-int-or-string"):
            right = isinstance(value, str | int | float) and not isinstance(value, bool)
            expected = "string"
        else:
            expected = schema.get("type", "")
            wanted = _PYTHON_TYPES.get(expected)
            right = wanted is None or (
                isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
            )
        if right and expected == "string" and schema.get("format") == "date-time":
            right = is_time(value) and (is_micro_time(value) or not schemas.is_micro(schema))
        if not right:
            self._wrong_type(value, expected, path)
        return right

    def _wrong_type(self, value: Json, expected: str, path: str) -> None:
        given = _JSON_NAMES.get(type(value), "string")
        target = _GO_NAMES.get(expected, expected)
        self.found.mistyped.append(f"{given} into Go struct field {path or '.'} of type {target}")

    def _no_item(self, _: Obj, path: str) -> None:
        place = path.rpartition("[")[0]
        self.found.mistyped.append(f"null into Go struct field {place} of type value")

    def _object(self, schema: Obj, value: Obj, old: Obj, path: str) -> None:
        for key, sub in value.items():
            inner = schemas.member(schema, key)
            place = _join(path, key, struct=schemas.is_struct(schema))
            if inner is None:
                self.found.unknown.append(place)
                continue
            if not path:
                self._in_status = key == "status"
            self.walk(inner, sub, old.get(key), place)
        for key in self._required(schema, path):
            if value.get(key) is None:
                place = _join(path, key, struct=True)
                self.found.causes.append(cause("FieldValueRequired", place, "Required value"))

    def _required(self, schema: Obj, path: str) -> Iterable[str]:
        # What owns an object is looked at by the rules, which say more than that it is missing.
        if (self._in_status and path) or path.startswith("metadata.ownerReferences["):
            return ()
        required: Iterable[str] = schema.get("required", ())
        return required

    def _allowed(self, schema: Obj, value: Json, path: str) -> None:
        choices = schema.get("enum")
        if choices and value not in choices:
            supported = ", ".join(f'"{choice}"' for choice in choices)
            self.found.causes.append(
                cause(
                    "FieldValueNotSupported",
                    path,
                    f'Unsupported value: "{value}": supported values: {supported}',
                )
            )
        self._in_range(schema, value, path)

    def _few(self, schema: Obj, value: list[Json], path: str) -> None:
        most = schema.get("maxItems", len(value))
        if len(value) > most:
            text = f"Too many: {len(value)}: must have at most {most} items"
            self.found.causes.append(cause("FieldValueTooMany", path, text))

    def _in_range(self, schema: Obj, value: Json, path: str) -> None:
        if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
            text = (
                f"Invalid value: \"{value}\": {self._named(path)}should match '{schema['pattern']}'"
            )
            self.found.causes.append(cause("FieldValueInvalid", path, text))
        if not isinstance(value, int | float):
            return
        if "minimum" in schema and value < schema["minimum"]:
            bound = f"greater than or equal to {schema['minimum']}"
            text = f"Invalid value: {value}: {self._named(path)}should be {bound}"
            self.found.causes.append(cause("FieldValueInvalid", path, text))
        if "maximum" in schema and value > schema["maximum"]:
            bound = f"less than or equal to {schema['maximum']}"
            text = f"Invalid value: {value}: {self._named(path)}should be {bound}"
            self.found.causes.append(cause("FieldValueInvalid", path, text))

    def _named(self, _: str) -> str:
        return ""


class _CustomWalk(_Walk):
    """As OpenAPI's validator walks a custom resource (k8s.io/kube-openapi pkg/validation)."""

    def walk(self, schema: Obj, value: Json, old: Json, path: str) -> None:
        if isinstance(value, list) and value != old:
            self._unique(schema, value, path)
        super().walk(schema, value, old, path)

    def _wrong_type(self, value: Json, expected: str, path: str) -> None:
        if path.partition(".")[0].partition("[")[0] == "metadata":
            # Decoded into a struct as everywhere, which names itself and not its place.
            place = path.partition(".")[2].partition("[")[0]
            super()._wrong_type(value, expected, f"ObjectMeta.{place}")
            return
        given = _OPENAPI_NAMES.get(type(value), "null")
        where = path.replace("[", ".").replace("]", "")
        text = f'Invalid value: "{given}": {where} in body must be of type {expected}: "{given}"'
        self.found.causes.append(cause("FieldValueTypeInvalid", where, text))

    def _no_item(self, schema: Obj, path: str) -> None:
        if schema.get("type") and not schema.get("nullable"):
            self._wrong_type(None, schema["type"], path)

    def _named(self, path: str) -> str:
        return f"{path} in body "

    def nulls(self, schema: Obj, value: Json, path: str) -> None:
        """Look for members that are null and may not be."""
        if isinstance(value, dict):
            for key, sub in value.items():
                inner = schemas.member(schema, key) or {}
                place = _join(path, key, struct=schemas.is_struct(schema))
                if sub is None:
                    self._no_item(inner, place)
                else:
                    self.nulls(inner, sub, place)

    def _unique(self, schema: Obj, value: list[Json], path: str) -> None:
        """Refuse what a set or map holds twice (apiserver/schema/listtype/validation.go)."""
        keys = schemas.list_keys(schema)
        if not keys and schema.get("x-kubernetes-list-type") != "set":
            return
        seen: list[Json] = []
        for index, item in enumerate(value):
            known = item
            if keys and isinstance(item, dict):
                known = {key: item[key] for key in keys if key in item}
            if known in seen:
                text = f"Duplicate value: {encode(known).decode()}"
                self.found.causes.append(cause("FieldValueDuplicate", f"{path}[{index}]", text))
            seen.append(known)


def _join(path: str, key: str, *, struct: bool) -> str:
    if struct:
        return f"{path}.{key}" if path else key
    return f"{path}[{key}]"
