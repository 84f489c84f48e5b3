"""POST, PUT, PATCH and DELETE of objects, by way of the writer."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from http import HTTPStatus

from sopctl.sandbox.k8s import decoding, protobuf, reading, validate
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.errors import (
    ApiError,
    NotServedError,
    bad_request,
    cause,
    conflict,
    invalid,
    method_not_allowed,
    nameless,
    unsupported_media,
)
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.managed import Owner
from sopctl.sandbox.k8s.objects import Json, Obj, clone, encode, spelled, stamp, without_nulls
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
_POLICIES = ("Foreground", "Background", "Orphan")
_LANGUAGES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
# Their DELETE answers with the object, every other kind's with a Status once it is gone.
_RETURN_DELETED = frozenset(
    {"persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates", "resourcequotas"}
    | {"serviceaccounts", "services"}
)
# AllowCreateOnUpdate in pkg/registry/**/strategy.go.
_CREATED_BY_PUT = frozenset({"endpoints", "events", "leases", "limitranges", "services"})


def create(cluster: Cluster, request: Request, route: Route) -> Response:
    """POST to a collection."""
    obj = _read(request, route)
    write = request.write()
    with cluster.lock:
        stored = cluster.writer.create(route.kind, obj, write)
        return _answer(route.kind, stored, HTTPStatus.CREATED)


def replace(cluster: Cluster, request: Request, route: Route) -> Response:
    """PUT of an object or a subresource."""
    obj = _read(request, route)
    if not obj["metadata"].get("name"):
        why = f"the name of the object ({route.name} based on URL) was undeterminable: "
        raise bad_request(why + "name must be provided")
    _keep_to_the_name(obj["metadata"], route)
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
    if request.media == APPLY_PATCH:
        return _apply(cluster, request, route)
    if request.query.get("force"):
        text = "Forbidden: may not be specified for non-apply patch"
        refused = cause("FieldValueForbidden", "force", text)
        raise invalid("PatchOptions", "meta.k8s.io", "", [refused])
    write = request.write()
    with cluster.lock:
        old = cluster.writer.existing(route.kind, route.key)
        new = patched_object(request, route.kind, clone(old))
        _require_same(route.kind, new, old)
        try:
            stored = cluster.writer.update(route.kind, new, write, route.subresource)
        except ApiError as error:
            raise _of_a_patch(error, route.kind, new) from error
        return _answer(route.kind, stored)


def _of_a_patch(error: ApiError, kind: ResourceType, new: Obj) -> ApiError:
    """The refusal of what a patch made of an object: it is the patch that cannot be decoded."""
    head = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: '
    if not error.message.startswith(head):
        return error
    shown = json.dumps(encode(spelled(new)).decode())
    text = f"Invalid value: {shown}: {error.message.removeprefix(head)}"
    return invalid("", "", "", [cause("FieldValueInvalid", "patch", text)])


def patched_object(request: Request, kind: ResourceType, obj: Obj) -> Obj:
    """The object after the request's patch; ApiError 415 for a language it does not speak."""
    languages = _LANGUAGES if kind.custom is None else (*_LANGUAGES[:2], *_LANGUAGES[3:])
    if request.media not in languages:
        raise unsupported_media(languages)
    try:
        body = request.json()
    except ValueError as error:
        raise bad_request(f"error decoding patch: {error}") from error
    if request.media == JSON_PATCH:
        return json_patch(obj, body)
    if not isinstance(body, dict):
        target = "Go value of type map[string]interface {}"
        raise bad_request(f"error decoding patch: json: cannot unmarshal array into {target}")
    if request.media == STRATEGIC_PATCH:
        return strategic_patch(kind.schema, obj, body)
    merged: Obj = merge_patch(obj, body)
    return merged


def _require_same(kind: ResourceType, new: Obj, old: Obj) -> None:
    """Refuse a patch that makes another object of it."""
    meta, before = new.get("metadata") or {}, old["metadata"]
    for key, where in (("name", "on the URL"), ("namespace", "on the request")):
        given, there = meta.get(key), before.get(key)
        if given != there:
            text = f"the {key} of the object ({given}) does not match the {key} {where} ({there})"
            raise bad_request(text)
    given = new.get("kind", kind.kind)
    if given != kind.kind:
        text = f'Invalid value: "{given}": must be {kind.kind}'
        wrong = cause("FieldValueInvalid", "kind", text)
        raise invalid(str(given), kind.group, before["name"], [wrong])
    uid = meta.get("uid") or before["uid"]
    if uid != before["uid"]:
        text = f'Invalid value: "{uid}": field is immutable'
        wrong = cause("FieldValueInvalid", "metadata.uid", text)
        raise invalid(kind.kind, kind.group, before["name"], [wrong])


def _apply(cluster: Cluster, request: Request, route: Route) -> Response:
    """Server-side apply, which creates what is not there."""
    if not request.query.get("fieldManager"):
        text = "Required value: is required for apply patch"
        raise invalid(
            "PatchOptions", "meta.k8s.io", "", [cause("FieldValueRequired", "fieldManager", text)]
        )
    stated = _stated(request, route)
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
        _keep_to_the_name(merged["metadata"], route)
        write = dataclasses.replace(write, owned=owners)
        if live is None:
            created = cluster.writer.create(route.kind, merged, write)
            return _answer(route.kind, created, HTTPStatus.CREATED)
        stored = cluster.writer.update(route.kind, merged, write, route.subresource)
        return _answer(route.kind, stored)


def _stated(request: Request, route: Route) -> Obj:
    """What an apply states; ApiError for what is no object of the kind."""
    try:
        body = request.json()
    except ValueError as error:
        raise bad_request(f"error decoding YAML: {error}") from error
    if not isinstance(body, dict):
        raise bad_request("error decoding YAML: not an object")
    if "apiVersion" not in body or "kind" not in body:
        group, _, version = str(body.get("apiVersion", "")).rpartition("/")
        raise bad_request(f"invalid object type: {group}/{version}, Kind={body.get('kind', '')}")
    body = body if route.kind.custom is not None else without_nulls(body)
    if (body.get("metadata") or {}).get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    require_typed(route.kind, body)
    if route.kind.custom is not None:
        validate.refuse_nulls(route.kind, body)
    stated = _typed(body, route)
    stated["metadata"].setdefault("name", route.name)
    _keep_to_the_path(stated, route)
    return stated


def _keep_to_the_path(stated: Obj, route: Route) -> None:
    """Drop what an apply to this path neither changes nor owns (GetResetFields of strategies)."""
    if route.subresource == "status":
        stated.pop("spec", None)
        stated["metadata"].pop("labels", None)
    elif "status" in route.kind.subresources:
        stated.pop("status", None)


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


def _typed(obj: Obj, route: Route) -> Obj:
    """The posted object, checked against the path it was posted to."""
    kind = route.kind
    _require_kind(obj, route)
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
    return obj


def _require_kind(obj: Obj, route: Route) -> None:
    """Refuse an object of another kind or version than the path's.

    A built-in kind may be left out: the path says it. Of a custom resource the server only knows
    what the object says itself (apiextensions-apiserver pkg/apiserver/customresource_handler.go).
    """
    kind = route.kind
    given = (obj.get("apiVersion"), obj.get("kind"))
    if kind.custom is not None:
        _require_custom_kind(obj, kind)
        return
    version, name = given[0] or kind.api_version, given[1] or kind.kind
    if (version, name) != (kind.api_version, kind.kind):
        short = str(version).rpartition("/")[2]
        raise bad_request(
            f'{name} in version "{short}" cannot be handled as a {kind.kind}: no kind "{name}" is '
            f'registered for version "{version}" in scheme "k8s.io/kubernetes/pkg/api/legacyscheme"'
        )


def _read(request: Request, route: Route) -> Obj:
    """The object that a request brings."""
    kind, obj = route.kind, request.object(route.kind.kind)
    for key, name in (("kind", "Kind"), ("apiVersion", "apiVersion")):
        if kind.custom is not None and not obj.get(key):
            raise bad_request(decoding.kindless(kind.kind, name, request.body))
    _refuse_duplicates(request, kind)
    return _typed(obj, route)


def _refuse_duplicates(request: Request, kind: ResourceType) -> None:
    """Members that are there twice are refused or warned about, like unknown ones."""
    validation = request.query.get("fieldValidation", "Warn")
    if validation == "Ignore" or request.media == protobuf.MEDIA_TYPE:
        return
    texts = [f'duplicate field "{place}"' for place in decoding.duplicates(request.body)]
    if texts and validation == "Strict":
        raise bad_request(
            f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: '
            f"strict decoding error: {', '.join(texts)}"
        )
    request.remarks.warnings.extend(texts)


def _require_custom_kind(obj: Obj, kind: ResourceType) -> None:
    if obj["apiVersion"] != kind.api_version:
        raise bad_request(
            f"the API version in the data ({obj['apiVersion']}) does not match the expected API "
            f"version ({kind.api_version})"
        )
    if obj["kind"] != kind.kind:
        name = (obj.get("metadata") or {}).get("name", "")
        text = f'Invalid value: "{obj["kind"]}": must be {kind.kind}'
        wrong = cause("FieldValueInvalid", "kind", text)
        raise invalid(str(obj["kind"]), kind.group, name, [wrong])


def _keep_to_the_name(meta: Obj, route: Route) -> None:
    if meta["name"] != route.name:
        raise bad_request(
            f"the name of the object ({meta['name']}) does not match the name on the URL "
            f"({route.name})"
        )


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
