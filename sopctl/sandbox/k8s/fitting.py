"""Whether an object fits its kind's schema, without saying where it does not.

Nearly everything that is written fits. Naming places costs several times more than looking, so
`validate` names them only for what did not pass here. This must never say yes where that finds
something.
"""

from __future__ import annotations

import re
from datetime import datetime

from sopctl.sandbox.k8s import schema as schemas
from sopctl.sandbox.k8s.objects import Json, Obj

_NONE: Obj = {}
_MICRO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[-+]\d\d:\d\d)")
_SCALARS: dict[type, frozenset[str]] = {
    bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}),
    float: frozenset({"number"}),
    str: frozenset({"string"}),
}


def fits(schema: Obj, obj: Obj, old: Obj | None) -> bool:
    """Whether nothing is unknown, mistyped, missing or not allowed; parts of `old` are trusted."""
    before = old or _NONE
    for key, value in obj.items():
        inner = schemas.member(schema, key)
        known = before.get(key)
        if inner is None:
            return False
        # Of a status nothing is required: see `validate`.
        if value is not known and not _fits(inner, value, known, loose=key == "status"):
            return False
    return _complete(schema, obj)


def _fits(schema: Obj, value: Json, old: Json, *, loose: bool) -> bool:
    if isinstance(value, dict):
        return _object(schema, value, old if isinstance(old, dict) else _NONE, loose=loose)
    if isinstance(value, list):
        return _list(schema, value, old if isinstance(old, list) else [], loose=loose)
    return value is None or _scalar(schema, value)


def _object(schema: Obj, value: Obj, old: Obj, *, loose: bool) -> bool:
    if schema.get("type", "object") != "object" or "x-kubernetes-int-or-string" in schema:
        return False
    properties = schema.get("properties", _NONE)
    for key, sub in value.items():
        inner = properties.get(key) or schemas.member(schema, key)
        known = old.get(key)
        if inner is None:
            return False
        if sub is not known and not _fits(inner, sub, known, loose=loose):
            return False
    return loose or _complete(schema, value)


def _list(schema: Obj, value: list[Json], old: list[Json], *, loose: bool) -> bool:
    if schema.get("type", "array") != "array" or "x-kubernetes-int-or-string" in schema:
        return False
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        return False
    items = schema.get("items", _NONE)
    for index, item in enumerate(value):
        known = old[index] if index < len(old) else None
        if item is None:
            return False
        if item is not known and not _fits(items, item, known, loose=loose):
            return False
    return True


def _scalar(schema: Obj, value: Json) -> bool:
    if not schema:
        return True
    if "minimum" in schema or "maximum" in schema or "pattern" in schema:
        return False  # few: whoever names places looks at them
    if "enum" in schema and value not in schema["enum"]:
        return False
    if schema.get("format") == "date-time":
        return is_time(value) and (is_micro_time(value) or not schemas.is_micro(schema))
    if schema.get("x-kubernetes-int-or-string"):
        return not isinstance(value, bool)
    expected = schema.get("type")
    return expected is None or expected in _SCALARS.get(type(value), ())


def is_time(value: Json) -> bool:
    """Whether this is the text of a metav1.Time or MicroTime."""
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def is_micro_time(value: Json) -> bool:
    """Whether a time has the six digits that a MicroTime must have (metav1.RFC3339Micro)."""
    return isinstance(value, str) and _MICRO.fullmatch(value) is not None


def _complete(schema: Obj, value: Obj) -> bool:
    required = schema.get("required")
    return not required or all(value.get(key) is not None for key in required)
