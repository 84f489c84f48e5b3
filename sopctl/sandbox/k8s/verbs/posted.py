"""The object that a request brings, checked against the path it was sent to."""

from __future__ import annotations

from sopctl.sandbox.k8s import decoding, protobuf, reading
from sopctl.sandbox.k8s.errors import (
    bad_request,
    cause,
    invalid,
)
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.k8s.request import Request, Response, Route, answer


def read(request: Request, route: Route) -> Obj:
    """The object that a request brings."""
    kind, obj = route.kind, request.object(route.kind.kind)
    for key, name in (("kind", "Kind"), ("apiVersion", "apiVersion")):
        if kind.custom is not None and not obj.get(key):
            raise bad_request(decoding.kindless(kind.kind, name, request.body))
    _refuse_duplicates(request, kind)
    return typed(obj, route)


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


def typed(obj: Obj, route: Route) -> Obj:
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


def keep_to_the_name(meta: Obj, route: Route) -> None:
    """ApiError 400 for an object with another name than the path's."""
    if meta["name"] != route.name:
        raise bad_request(
            f"the name of the object ({meta['name']}) does not match the name on the URL "
            f"({route.name})"
        )


def shown_as(kind: ResourceType, obj: Obj, status: int = 200) -> Response:
    """The answer with an object, under the version that was asked for."""
    return answer(reading.shown(kind, obj), status)
