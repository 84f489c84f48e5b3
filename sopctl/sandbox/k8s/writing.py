"""POST, PUT, PATCH and DELETE of objects, by way of the writer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from http import HTTPStatus

from sopctl.sandbox.k8s import reading
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.errors import (
    bad_request,
    cause,
    conflict,
    invalid,
    method_not_allowed,
    unsupported_media,
)
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.managed import Owner
from sopctl.sandbox.k8s.objects import Obj, clone, dig, stamp, without_nulls
from sopctl.sandbox.k8s.patch import json_patch, merge_patch
from sopctl.sandbox.k8s.patch_apply import apply
from sopctl.sandbox.k8s.patch_strategic import strategic_patch
from sopctl.sandbox.k8s.request import Request, Response, Route, answer
from sopctl.sandbox.k8s.typed import require_typed
from sopctl.sandbox.k8s.writer import Deletion, Write

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
# Their DELETE answers with the object, every other kind's with a Status once it is gone.
_RETURN_DELETED = frozenset(
    {"persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates", "resourcequotas"}
    | {"serviceaccounts", "services"}
)
# AllowCreateOnUpdate in pkg/registry/**/strategy.go.
_CREATED_BY_PUT = frozenset({"endpoints", "events", "leases", "limitranges", "services"})


def create(cluster: Cluster, request: Request, route: Route) -> Response:
    """POST to a collection."""
    obj = _typed(request.object(), route)
    write = request.write()
    with cluster.lock:
        stored = cluster.writer.create(route.kind, obj, write)
        return _answer(route.kind, stored, HTTPStatus.CREATED)


def replace(cluster: Cluster, request: Request, route: Route) -> Response:
    """PUT of an object or a subresource."""
    obj = _typed(request.object(), route)
    write = request.write()
    with cluster.lock:
        missing = cluster.store.get(route.kind.storage, route.key) is None
        if missing and route.kind.storage in _CREATED_BY_PUT and not route.subresource:
            return _create_by_put(cluster, route, obj, write)
        stored = cluster.writer.update(route.kind, obj, write, route.subresource)
        return _answer(route.kind, stored)


def _create_by_put(cluster: Cluster, route: Route, obj: Obj, write: Write) -> Response:
    """PUT of what is not there; of an object that once was, it is refused (storage/etcd3)."""
    uid = obj["metadata"].get("uid")
    if uid:
        why = "StorageError: invalid object, Code: 4, AdditionalErrorMsg: Precondition failed: "
        why += f"UID in precondition: {uid}, UID in object meta: "
        raise conflict(route.kind.resource, route.name, why)
    created = cluster.writer.create(route.kind, obj, write)
    return _answer(route.kind, created, HTTPStatus.CREATED)


def patch(cluster: Cluster, request: Request, route: Route) -> Response:
    """PATCH of an object or a subresource, in any of the four languages."""
    if _media(request) == APPLY_PATCH:
        return _apply(cluster, request, route)
    if request.query.get("force"):
        text = "Forbidden: may not be specified for non-apply patch"
        refused = cause("FieldValueForbidden", "force", text)
        raise invalid("PatchOptions", "meta.k8s.io", "", [refused])
    write = request.write()
    with cluster.lock:
        old = cluster.writer.existing(route.kind, route.key)
        new = patched_object(request, route.kind, clone(old))
        for key in ("name", "namespace"):
            if dig(new, "metadata", key) != old["metadata"].get(key):
                raise bad_request(f"the {key} of the object does not match the {key} on the URL")
        stored = cluster.writer.update(route.kind, new, write, route.subresource)
        return _answer(route.kind, stored)


def patched_object(request: Request, kind: ResourceType, obj: Obj) -> Obj:
    """The object after the request's patch; ApiError 415 for a language it does not speak."""
    media, body = _media(request), request.json()
    if media == JSON_PATCH:
        return json_patch(obj, body)
    if not isinstance(body, dict):
        raise bad_request("json: cannot unmarshal array into Go value of type map[string]any")
    if media == MERGE_PATCH:
        merged: Obj = merge_patch(obj, body)
        return merged
    if media == STRATEGIC_PATCH and kind.custom is None:
        return strategic_patch(kind.schema, obj, body)
    raise unsupported_media((JSON_PATCH, MERGE_PATCH, APPLY_PATCH))


def _apply(cluster: Cluster, request: Request, route: Route) -> Response:
    """Server-side apply, which creates what is not there."""
    if not request.query.get("fieldManager"):
        text = "Required value: is required for apply patch"
        raise invalid(
            "PatchOptions", "meta.k8s.io", "", [cause("FieldValueRequired", "fieldManager", text)]
        )
    stated = _typed(without_nulls(request.object()), route)
    if stated["metadata"].pop("managedFields", None):
        raise bad_request("metadata.managedFields must be nil")
    _keep_to_the_path(stated, route)
    require_typed(route.kind, stated)
    write = request.write()
    with cluster.lock:
        applier = Owner(
            manager=write.manager,
            operation="Apply",
            api_version=route.kind.api_version,
            subresource=route.subresource,
            time=stamp(cluster.now()),
        )
        live = cluster.store.get(route.kind.storage, route.key)
        if live is None and stated["metadata"].get("uid"):
            why = f"uid mismatch: the provided object specified uid {stated['metadata']['uid']}, "
            raise conflict(
                route.kind.resource, route.name, why + "and no existing object was found"
            )
        forced = request.query.get("force") == "true"
        merged, owners = apply(route.kind.schema, live or {}, stated, applier, force=forced)
        write = dataclasses.replace(write, owned=owners)
        if live is None:
            created = cluster.writer.create(route.kind, merged, write)
            return _answer(route.kind, created, HTTPStatus.CREATED)
        stored = cluster.writer.update(route.kind, merged, write, route.subresource)
        return _answer(route.kind, stored)


def _keep_to_the_path(stated: Obj, route: Route) -> None:
    """Drop what an apply to this path neither changes nor owns (GetResetFields of strategies)."""
    if route.subresource == "status":
        stated.pop("spec", None)
        stated["metadata"].pop("labels", None)
    elif "status" in route.kind.subresources:
        stated.pop("status", None)


def _media(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip()


def delete(cluster: Cluster, request: Request, route: Route) -> Response:
    """DELETE of an object."""
    write, wanted = request.write(), deletion(request)
    with cluster.lock:
        last = cluster.writer.delete(route.kind, route.key, wanted, write)
        still_there = cluster.store.get(route.kind.storage, route.key) is not None
        if route.kind.storage in _RETURN_DELETED or (still_there and not write.dry_run):
            return answer(reading.shown(route.kind, last))
        return answer(_success(route.kind, last))


def delete_collection(cluster: Cluster, request: Request, route: Route) -> Response:
    """DELETE of a collection: everything that the selectors match."""
    write, wanted = request.write(), deletion(request)
    with cluster.lock:
        rows = reading.selected(cluster, request, route)
        deleted = [cluster.writer.delete(route.kind, key, wanted, write) for key, _ in rows]
        return answer(
            {
                "kind": f"{route.kind.kind}List",
                "apiVersion": route.kind.api_version,
                "metadata": {"resourceVersion": str(cluster.store.revision)},
                "items": [reading.shown(route.kind, obj) for obj in deleted],
            }
        )


def deletion(request: Request) -> Deletion:
    """The options of a DELETE or eviction, from the body or else the query."""
    options = request.delete_options()
    preconditions = options.get("preconditions") or {}
    query = request.query
    grace = options.get("gracePeriodSeconds", query.get("gracePeriodSeconds"))
    orphan = options.get("orphanDependents")
    default = None if orphan is None else ("Orphan" if orphan else "Background")
    propagation = options.get("propagationPolicy", query.get("propagationPolicy", default))
    try:
        return Deletion(
            grace=None if grace is None else int(grace),
            uid=preconditions.get("uid"),
            resource_version=preconditions.get("resourceVersion"),
            propagation=None if propagation is None else str(propagation),
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise bad_request(f"DeleteOptions cannot be decoded: {error}") from error


VERBS: dict[tuple[str, bool], tuple[str, Callable[[Cluster, Request, Route], Response]]] = {
    ("POST", False): ("create", create),
    ("PUT", True): ("update", replace),
    ("PATCH", True): ("patch", patch),
    ("DELETE", True): ("delete", delete),
    ("DELETE", False): ("deletecollection", delete_collection),
}


def respond(cluster: Cluster, request: Request, route: Route) -> Response:
    """The answer to a write; ApiError 405 where the resource has no such verb."""
    verb, handler = VERBS.get((request.method, bool(route.name)), ("", None))
    verbs = route.kind.verbs
    if route.subresource:
        verbs = route.kind.subresources[route.subresource].verbs
    if handler is None or verb not in verbs:
        raise method_not_allowed()
    return handler(cluster, request, route)


def _typed(obj: Obj, route: Route) -> Obj:
    """The posted object, checked against the path it was posted to."""
    kind = route.kind
    given = (obj.get("apiVersion", kind.api_version), obj.get("kind", kind.kind))
    if given != (kind.api_version, kind.kind):
        raise bad_request(
            f"the API version or kind in the data ({given[0]}, {given[1]}) does not match the "
            f"expected {kind.api_version}, {kind.kind}"
        )
    meta = obj.get("metadata")
    if not isinstance(meta, dict):
        meta = obj["metadata"] = {}
    namespace = meta.get("namespace") or route.namespace
    if route.namespace and namespace != route.namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if kind.namespaced:
        meta["namespace"] = namespace or "default"
    else:
        meta.pop("namespace", None)
    if route.name and meta.setdefault("name", route.name) != route.name:
        raise bad_request(
            f"the name of the object ({meta['name']}) does not match the name on the URL "
            f"({route.name})"
        )
    return obj


def _answer(kind: ResourceType, obj: Obj, status: int = 200) -> Response:
    return answer(reading.shown(kind, obj), status)


def _success(kind: ResourceType, obj: Obj) -> Obj:
    meta = obj["metadata"]
    group = {"group": kind.group} if kind.group else {}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {"name": meta["name"], **group, "kind": kind.plural, "uid": meta["uid"]},
    }
