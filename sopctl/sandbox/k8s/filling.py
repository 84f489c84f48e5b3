"""What a schema takes away from an object and what it adds: pruning and defaults."""

from __future__ import annotations

from sopctl.sandbox.k8s import schema as schemas
from sopctl.sandbox.k8s.objects import Json, Obj, clone

_ZEROS: dict[str, Json] = {"boolean": False, "integer": 0, "string": ""}


def prune(schema: Obj, value: Json) -> Json:
    """The value without members that the schema does not know."""
    if isinstance(value, dict):
        if "properties" not in schema and "additionalProperties" not in schema:
            return value
        kept = ((key, sub, schemas.member(schema, key)) for key, sub in value.items())
        return {key: prune(inner, sub) for key, sub, inner in kept if inner is not None}
    if isinstance(value, list) and "items" in schema:
        return [prune(schema["items"], item) for item in value]
    return value


def fill_schema_defaults(schema: Obj, value: Json) -> None:
    """Set the defaults that a custom resource's schema declares, in place."""
    if isinstance(value, dict):
        for key, sub in schema.get("properties", {}).items():
            if key not in value and "default" in sub:
                value[key] = clone(sub["default"])
            if key in value and key != "metadata":
                fill_schema_defaults(sub, value[key])
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            for sub in value.values():
                fill_schema_defaults(extra, sub)
    elif isinstance(value, list):
        for item in value:
            fill_schema_defaults(schema.get("items", {}), item)


def spell_out_zeros(schema: Obj, value: Json) -> None:
    """Set required texts, numbers and flags that are missing to zero, in place.

    Go writes them even when nobody set them, and typed clients refuse objects that lack them.
    """
    if isinstance(value, list):
        for item in value:
            spell_out_zeros(schema.get("items", {}), item)
    if not isinstance(value, dict):
        return
    properties = schema.get("properties", {})
    for key in schema.get("required", ()):
        zero = _ZEROS.get(properties[key].get("type"))
        if key not in value and zero is not None and properties[key].get("format") != "date-time":
            value[key] = zero
    for key, sub in value.items():
        spell_out_zeros(properties.get(key, {}), sub)
