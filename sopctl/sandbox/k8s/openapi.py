"""OpenAPI v3: what `kubectl explain`, `apply` and its client-side validation read."""

from __future__ import annotations

import hashlib
from functools import cache

from sopctl.sandbox.k8s import schema as schemas
from sopctl.sandbox.k8s.discovery import group_versions
from sopctl.sandbox.k8s.errors import no_such_path
from sopctl.sandbox.k8s.kinds import Registry, ResourceType
from sopctl.sandbox.k8s.objects import Json, Obj, encode
from sopctl.sandbox.k8s.request import Request, Response, answer

_ROOT = "/openapi/v3"


def respond(request: Request, registry: Registry) -> Response | None:
    """The index or the document of a group version, None for another path."""
    path = request.path.rstrip("/")
    if path == _ROOT:
        return answer({"paths": {name: _link(registry, name) for name in _names(registry)}})
    if not path.startswith(f"{_ROOT}/"):
        return None
    name = path.removeprefix(f"{_ROOT}/")
    if name not in _names(registry):
        raise no_such_path()
    return Response(body=encode(_document(registry, name)))


def _names(registry: Registry) -> list[str]:
    return [
        f"apis/{group}/{version}" if group else f"api/{version}"
        for group, versions in group_versions(registry).items()
        for version in versions
    ]


def _link(registry: Registry, name: str) -> Obj:
    # The hash is what clients cache by, so it has to change with what is served.
    served = sorted(kind.resource for kind in _served(registry, name))
    digest = hashlib.sha256(encode(served)).hexdigest()[:16].upper()
    return {"serverRelativeURL": f"{_ROOT}/{name}?hash={digest}"}


def _served(registry: Registry, name: str) -> list[ResourceType]:
    api_version = name.partition("/")[2]
    return [kind for kind in registry.types() if kind.api_version == api_version]


def _document(registry: Registry, name: str) -> Obj:
    kinds = _served(registry, name)
    components: Obj = {}
    paths: Obj = {}
    for kind in kinds:
        definition = _component(kind, components)
        paths.update(_paths(kind, name, definition))
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1"},
        "paths": paths,
        "components": {"schemas": components},
    }


def _component(kind: ResourceType, components: Obj) -> str:
    """Add a kind's schema and everything it refers to; its name."""
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    if kind.custom is not None:
        name = ".".join([*reversed(kind.group.split(".")), kind.version, kind.kind])
        declared = kind.custom.get("schema", {}).get("openAPIV3Schema", {})
        properties: Obj = {
            **declared.get("properties", {}),
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": _reference(schemas.OBJECT_META),
        }
        components[name] = {
            **declared,
            "properties": properties,
            "x-kubernetes-group-version-kind": [gvk],
        }
        _add(schemas.OBJECT_META, components)
        return name
    name = schemas.kinds()[kind.group, kind.version, kind.kind]
    _add(name, components)
    return name


def _add(name: str, components: Obj) -> None:
    todo = [name]
    while todo:
        current = todo.pop()
        if current not in components:
            components[current] = _published(schemas.plain_definitions()[current])
            todo.extend(_references(current))


@cache
def _references(name: str) -> frozenset[str]:
    found: set[str] = set()

    def look(value: Json) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                found.add(value["$ref"])
            for sub in value.values():
                look(sub)

    look(schemas.plain_definitions()[name])
    return frozenset(found)


def _reference(name: str) -> Obj:
    return {"allOf": [{"$ref": f"#/components/schemas/{name}"}]}


def _published(schema: Json) -> Json:
    """A stored schema in OpenAPI's notation."""
    if not isinstance(schema, dict):
        return schema
    out: Obj = {}
    for key, value in schema.items():
        if key == "properties":
            out[key] = {name: _published(sub) for name, sub in value.items()}
        elif key in ("items", "additionalProperties"):
            out[key] = _published(value)
        elif key == "$ref":
            out.update(_reference(value))
        elif key == "x-kubernetes-int-or-string":
            out.update({"oneOf": [{"type": "integer"}, {"type": "string"}]})
        else:
            out[key] = value
    return out


def _paths(kind: ResourceType, name: str, definition: str) -> Obj:
    scope = "/namespaces/{namespace}" if kind.namespaced else ""
    collection = f"/{name}{scope}/{kind.plural}"
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}

    def operation(verb: str, *parameters: str) -> Obj:
        content = {"application/json": {"schema": _reference(definition)["allOf"][0]}}
        return {
            "parameters": [
                {"name": item, "in": "query", "schema": {"type": "string"}} for item in parameters
            ],
            "responses": {"200": {"description": "OK", "content": content}},
            "x-kubernetes-action": verb,
            "x-kubernetes-group-version-kind": gvk,
        }

    options = ("dryRun", "fieldManager", "fieldValidation")
    return {
        collection: {"get": operation("list"), "post": operation("post", *options)},
        f"{collection}/{{name}}": {
            "get": operation("get"),
            "put": operation("put", *options),
            "patch": operation("patch", *options, "force"),
            "delete": operation("delete", "dryRun"),
        },
    }
