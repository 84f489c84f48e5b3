"""POST and PUT of objects, and which verb a request is."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.errors import (
    NotServedError,
    bad_request,
    conflict,
    method_not_allowed,
    nameless,
)
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.k8s.request import Request, Response, Route
from sopctl.sandbox.k8s.verbs.deleting import delete, delete_collection
from sopctl.sandbox.k8s.verbs.patching import patch
from sopctl.sandbox.k8s.verbs.posted import keep_to_the_name, read, shown_as
from sopctl.sandbox.k8s.writer import Write

# AllowCreateOnUpdate in pkg/registry/**/strategy.go.
_CREATED_BY_PUT = frozenset({"endpoints", "events", "leases", "limitranges", "services"})


def create(cluster: Cluster, request: Request, route: Route) -> Response:
    """POST to a collection."""
    obj = read(request, route)
    write = request.write()
    with cluster.lock:
        stored = cluster.writer.create(route.kind, obj, write)
        return shown_as(route.kind, stored, HTTPStatus.CREATED)


def replace(cluster: Cluster, request: Request, route: Route) -> Response:
    """PUT of an object or a subresource."""
    obj = read(request, route)
    if not obj["metadata"].get("name"):
        why = f"the name of the object ({route.name} based on URL) was undeterminable: "
        raise bad_request(why + "name must be provided")
    keep_to_the_name(obj["metadata"], route)
    write = request.write()
    with cluster.lock:
        missing = cluster.store.get(route.kind.storage, route.key) is None
        if missing and route.kind.storage in _CREATED_BY_PUT and not route.subresource:
            return _create_by_put(cluster, route, obj, write)
        stored = cluster.writer.update(route.kind, obj, write, route.subresource)
        return shown_as(route.kind, stored)


def _create_by_put(cluster: Cluster, route: Route, obj: Obj, write: Write) -> Response:
    """PUT of what is not there; of an object that once was, it is refused (storage/etcd3)."""
    uid = obj["metadata"].get("uid")
    if uid:
        why = "StorageError: invalid object, Code: 4, AdditionalErrorMsg: Precondition failed: "
        why += f"UID in precondition: {uid}, UID in object meta: "
        raise conflict(route.kind.resource, route.name, why)
    created = cluster.writer.create(route.kind, obj, write)
    return shown_as(route.kind, created, HTTPStatus.CREATED)


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
    custom = route.kind.custom is not None
    if handler is None or verb not in verbs:
        raise nameless() if custom and request.method in ("PUT", "PATCH") else method_not_allowed()
    if route.kind.namespaced and not route.namespace:
        raise NotServedError() if custom else method_not_allowed()
    return handler(cluster, request, route)
