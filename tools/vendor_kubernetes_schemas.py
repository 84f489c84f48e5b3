"""Regenerate the Kubernetes extracts under `sopctl/sandbox/k8s/data`.

The simulator needs two tables of the Kubernetes API: which resources exist, and what their
objects look like. Both are taken from published packages, once, and stripped to what is served:

    python3.11 -m venv /tmp/vendor
    /tmp/vendor/bin/pip install kubernetes-validate==1.37.0
    /tmp/vendor/bin/pip install lightkube==1.0.1 lightkube-models==1.37.0.8
    /tmp/vendor/bin/python tools/vendor_kubernetes_schemas.py

The packages are large (108 MB) and are not dependencies of sopctl.
"""

from __future__ import annotations

import gzip
import importlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

RELEASE = "v1.36.0"
DATA = Path(__file__).parents[1] / "sopctl/sandbox/k8s/data"
# Module of lightkube.resources -> (group, version). One version per group: nothing is converted.
SERVED = {
    "core_v1": ("", "v1"),
    "admissionregistration_v1": ("admissionregistration.k8s.io", "v1"),
    "apiextensions_v1": ("apiextensions.k8s.io", "v1"),
    "apps_v1": ("apps", "v1"),
    "authentication_v1": ("authentication.k8s.io", "v1"),
    "authorization_v1": ("authorization.k8s.io", "v1"),
    "autoscaling_v2": ("autoscaling", "v2"),
    "batch_v1": ("batch", "v1"),
    "coordination_v1": ("coordination.k8s.io", "v1"),
    "discovery_v1": ("discovery.k8s.io", "v1"),
    "networking_v1": ("networking.k8s.io", "v1"),
    "node_v1": ("node.k8s.io", "v1"),
    "policy_v1": ("policy", "v1"),
    "rbac_authorization_v1": ("rbac.authorization.k8s.io", "v1"),
    "scheduling_v1": ("scheduling.k8s.io", "v1"),
    "storage_v1": ("storage.k8s.io", "v1"),
}
LEFT_OUT = {"bindings", "componentstatuses"}
LEFT_OUT_ACTIONS = {
    "attach",
    "ephemeralcontainers",
    "exec",
    "log",
    "portforward",
    "proxy",
    "resize",
    "token",
}
EXTRA_ROOTS = (
    "io.k8s.api.autoscaling.v1.Scale",
    "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
)
KEPT = (
    "$ref",
    "additionalProperties",
    "enum",
    "format",
    "items",
    "properties",
    "required",
    "type",
    "x-kubernetes-group-version-kind",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-patch-merge-key",
    "x-kubernetes-patch-strategy",
)
VERBS = {
    "post": "create",
    "put": "update",
    "get": "get",
    "list": "list",
    "watch": "watch",
    "patch": "patch",
    "delete": "delete",
    "deletecollection": "deletecollection",
}


def resources() -> list[dict[str, Any]]:
    """The discovery table, subresources folded into their parents."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    actions: list[tuple[tuple[str, str], Any]] = []
    for module, (group, version) in SERVED.items():
        for name, cls in vars(importlib.import_module(f"lightkube.resources.{module}")).items():
            info = getattr(cls, "_api_info", None)
            if info is None or name.startswith("_") or info.plural in LEFT_OUT:
                continue
            if info.action:
                if info.action not in LEFT_OUT_ACTIONS:
                    actions.append(((group, info.plural), info))
                continue
            rows[group, info.plural] = {
                "group": group,
                "version": version,
                "kind": info.resource.kind,
                "plural": info.plural,
                "namespaced": "Namespaced" in cls.__mro__[1].__name__,
                "verbs": sorted({VERBS[verb] for verb in info.verbs if verb in VERBS}),
                "subresources": {},
            }
    for parent, info in actions:
        if parent in rows:
            rows[parent]["subresources"][info.action] = {
                "group": info.resource.group,
                "version": info.resource.version,
                "kind": info.resource.kind,
                "verbs": sorted({VERBS[verb] for verb in info.verbs if verb in VERBS}),
            }
    return [rows[key] for key in sorted(rows)]


def stripped(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without prose, and with the one type that is meant where `null` is also allowed."""
    out: dict[str, Any] = {}
    for key in KEPT:
        if key not in schema:
            continue
        value = schema[key]
        if key == "properties":
            value = {name: stripped(sub) for name, sub in value.items()}
        elif key == "items" or (key == "additionalProperties" and isinstance(value, dict)):
            value = stripped(value)
        elif key == "$ref":
            value = value.rpartition("/")[2]
        elif key == "type" and isinstance(value, list):
            value = value[0]
        elif key == "enum":
            value = [choice for choice in value if choice is not None]
        out[key] = value
    if "oneOf" in schema:
        out["x-kubernetes-int-or-string"] = True
    return out


def references(schema: object) -> set[str]:
    """Names of the definitions that a stripped schema refers to."""
    if isinstance(schema, list):
        return set().union(*map(references, schema))
    if not isinstance(schema, dict):
        return set()
    found = {schema["$ref"]} if isinstance(schema.get("$ref"), str) else set()
    return found.union(*map(references, schema.values()))


def definitions(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The definitions reachable from the served kinds, stripped."""
    source = files("kubernetes_validate") / f"kubernetes-json-schema/{RELEASE}-local"
    everything = json.loads((source / "_definitions.json").read_text())["$defs"]
    served = {(row["group"], row["version"], row["kind"]) for row in rows}
    served |= {
        (sub["group"], sub["version"], sub["kind"])
        for row in rows
        for sub in row["subresources"].values()
    }
    todo = set(EXTRA_ROOTS)
    for name, schema in everything.items():
        for gvk in schema.get("x-kubernetes-group-version-kind", ()):
            if (gvk["group"], gvk["version"], gvk["kind"]) in served:
                todo.add(name)
    kept: dict[str, Any] = {}
    while todo:
        name = todo.pop()
        kept[name] = stripped(everything[name])
        todo |= references(kept[name]) - kept.keys()
    return {name: kept[name] for name in sorted(kept)}


def write(name: str, value: object) -> None:
    """Write one file so that the same input always gives the same bytes."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True)
    path = DATA / name
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    table = resources()
    write("resources.json.gz", table)
    write("definitions.json.gz", definitions(table))
