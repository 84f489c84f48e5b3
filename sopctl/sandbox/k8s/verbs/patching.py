"""PATCH in any of the four languages."""

from __future__ import annotations

import dataclasses
import json
from http import HTTPStatus

from sopctl.sandbox.k8s import validate
from sopctl.sandbox.k8s.cluster import Cluster
from sopctl.sandbox.k8s.errors import (
    ApiError,
    bad_request,
    cause,
    conflict,
    invalid,
    unsupported_media,
)
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.managed import Owner
from sopctl.sandbox.k8s.objects import Obj, clone, encode, spelled, stamp, without_nulls
from sopctl.sandbox.k8s.patch import json_patch, merge_patch
from sopctl.sandbox.k8s.patch_apply import apply
from sopctl.sandbox.k8s.patch_strategic import strategic_patch
from sopctl.sandbox.k8s.request import Request, Response, Route
from sopctl.sandbox.k8s.typed import require_typed
from sopctl.sandbox.k8s.verbs.posted import keep_to_the_name, shown_as, typed

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
_LANGUAGES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)


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
        return shown_as(route.kind, stored)


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
        keep_to_the_name(merged["metadata"], route)
        write = dataclasses.replace(write, owned=owners)
        if live is None:
            created = cluster.writer.create(route.kind, merged, write)
            return shown_as(route.kind, created, HTTPStatus.CREATED)
        stored = cluster.writer.update(route.kind, merged, write, route.subresource)
        return shown_as(route.kind, stored)


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
    stated = typed(body, route)
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
