"""DELETE of an object or a collection, and the options of a deletion."""

from __future__ import annotations

from sopctl.sandbox.k8s import reading
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.errors import (
    bad_request,
    cause,
    invalid,
)
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Json, Obj
from sopctl.sandbox.k8s.request import Request, Response, Route, answer
from sopctl.sandbox.k8s.writer import Deletion

_POLICIES = ("Foreground", "Background", "Orphan")
# Their DELETE answers with the object, every other kind's with a Status once it is gone.
_RETURN_DELETED = frozenset(
    {"persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates", "resourcequotas"}
    | {"serviceaccounts", "services"}
)


def delete(cluster: Cluster, request: Request, route: Route) -> Response:
    """DELETE of an object."""
    write, wanted = request.write(), deletion(request)
    with cluster.lock:
        last = cluster.writer.delete(route.kind, route.key, wanted, write)
        still_there = cluster.store.get(route.kind.storage, route.key) is not None
        held = last["metadata"].get("finalizers") or (still_there and not write.dry_run)
        if route.kind.storage in _RETURN_DELETED or held:
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
                "metadata": reading.list_meta(route.kind, cluster.store.revision),
                "items": [reading.bare(route.kind, obj) for obj in deleted],
            }
        )


def deletion(request: Request) -> Deletion:
    """The options of a DELETE or eviction, from the body or else the query."""
    if request.body and request.method == "DELETE":
        _require_options(request.object())
    options = request.delete_options()
    preconditions = options.get("preconditions") or {}
    query = request.query
    grace = options.get("gracePeriodSeconds", query.get("gracePeriodSeconds"))
    orphan = options.get("orphanDependents")
    default = None if orphan is None else ("Orphan" if orphan else "Background")
    stated = options.get("propagationPolicy", query.get("propagationPolicy"))
    _require_policy(stated, orphan)
    propagation = stated or default
    try:
        return Deletion(
            grace=None if grace is None else int(grace),
            uid=preconditions.get("uid"),
            resource_version=preconditions.get("resourceVersion"),
            propagation=None if propagation is None else str(propagation),
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise bad_request(f"DeleteOptions cannot be decoded: {error}") from error


def _require_options(body: Obj) -> None:
    kind, version = body.get("kind", "DeleteOptions"), body.get("apiVersion", "v1")
    if kind != "DeleteOptions":
        scheme = "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"
        text = f'no kind "{kind}" is registered for version "{version}" in scheme "{scheme}"'
        raise bad_request(text)


def _require_policy(stated: Json, orphan: Json) -> None:
    """apimachinery/pkg/apis/meta/v1/validation, ValidateDeleteOptions."""
    wrong: list[Obj] = []
    if stated and orphan is not None:
        text = f'Invalid value: "{stated}": orphanDependents and deletionPropagation cannot be both'
        wrong = [cause("FieldValueInvalid", "propagationPolicy", f"{text} set")]
    elif stated and stated not in _POLICIES:
        supported = ", ".join(f'"{policy}"' for policy in (*_POLICIES, "nil"))
        text = f'Unsupported value: "{stated}": supported values: {supported}'
        wrong = [cause("FieldValueNotSupported", "propagationPolicy", text)]
    if wrong:
        raise invalid("DeleteOptions", "meta.k8s.io", "", wrong)


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
