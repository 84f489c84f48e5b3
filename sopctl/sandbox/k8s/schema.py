"""The schemas of the built-in kinds: one extract for validation, merging and OpenAPI."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib.resources import files

from sopctl.sandbox.k8s.objects import Obj

OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_MICRO_TIME = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime"
_ANYTHING: Obj = {}
# Defaults of keys that list items are known by, which the extract does not carry; from the
# `+default` markers of k8s.io/api/core/v1/types.go. An apply may leave such a key out.
_KEY_DEFAULTS = {
    "io.k8s.api.core.v1.ContainerPort": ("protocol", "TCP"),
    "io.k8s.api.core.v1.ServicePort": ("protocol", "TCP"),
}


def load(name: str) -> object:
    """The parsed content of a vendored file (see `data/NOTICE`)."""
    packed = (files("sopctl.sandbox.k8s") / "data" / name).read_bytes()
    parsed: object = json.loads(gzip.decompress(packed))
    return parsed


@cache
def plain_definitions() -> dict[str, Obj]:
    """Definitions by name, with `$ref` holding the bare name of another; shared, read only."""
    return _load_definitions()


def _load_definitions() -> dict[str, Obj]:
    parsed = load("definitions.json.gz")
    assert isinstance(parsed, dict)
    for name, (key, value) in _KEY_DEFAULTS.items():
        parsed[name]["properties"][key]["default"] = value
    return parsed


@cache
def definitions() -> dict[str, Obj]:
    """Definitions by name with every `$ref` replaced by what it refers to.

    The graph is linked once, because looking references up on every walk made a patch seven
    times slower. It is shared and has cycles: read it, never change or print it.
    """
    linked = _load_definitions()
    for schema in linked.values():
        _link_children(schema, linked)
    return linked


@cache
def kinds() -> dict[tuple[str, str, str], str]:
    """Definition name by (group, version, kind)."""
    return {
        (gvk["group"], gvk["version"], gvk["kind"]): name
        for name, schema in plain_definitions().items()
        for gvk in schema.get("x-kubernetes-group-version-kind", ())
    }


def of_kind(group: str, version: str, kind: str) -> Obj:
    """The linked schema of a built-in kind; one that allows everything where there is none."""
    name = kinds().get((group, version, kind))
    return definitions()[name] if name else _ANYTHING


def of_custom(schema: Obj) -> Obj:
    """The schema of a custom resource as written in its definition, with the metadata filled in."""
    meta = definitions()[OBJECT_META]
    known: Obj = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": meta}
    return {**schema, "properties": {**schema.get("properties", {}), **known}}


def member(schema: Obj, key: str) -> Obj | None:
    """The schema of a member of an object, or None when the schema does not know it."""
    properties = schema.get("properties")
    if properties is not None and key in properties:
        found: Obj = properties[key]
        return found
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        return extra
    if extra or schema.get("x-kubernetes-preserve-unknown-fields"):
        return _ANYTHING
    if properties is None:
        return _ANYTHING
    return None


def is_custom(schema: Obj) -> bool:
    """Whether this is the whole schema of a custom resource."""
    return "x-kubernetes-group-version-kind" not in schema


def is_micro(schema: Obj) -> bool:
    """Whether this is the schema of a metav1.MicroTime."""
    return schema is definitions()[_MICRO_TIME]


def is_struct(schema: Obj) -> bool:
    """Whether the object has named fields, as against a map with free keys."""
    return "properties" in schema


def list_keys(schema: Obj) -> tuple[str, ...]:
    """The keys that tell the items of a list apart, () when it has none."""
    if schema.get("x-kubernetes-list-type") != "map":
        return ()
    return tuple(schema.get("x-kubernetes-list-map-keys", ()))


def _linked(schema: Obj, everything: dict[str, Obj]) -> Obj:
    name = schema.get("$ref")
    if name is None:
        _link_children(schema, everything)
        return schema
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    return {**everything[name], **beside} if beside else everything[name]


def _link_children(schema: Obj, everything: dict[str, Obj]) -> None:
    properties = schema.get("properties", {})
    for key, sub in properties.items():
        properties[key] = _linked(sub, everything)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            schema[key] = _linked(schema[key], everything)
