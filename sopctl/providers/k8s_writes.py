"""One change of one Kubernetes object, and the receipt for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus

from sopctl.core.action import Call, Receipt, ReceiptKind
from sopctl.core.codec import Json
from sopctl.core.errors import NotFoundError, SopError
from sopctl.core.resource import ResourceId
from sopctl.providers import json_patch
from sopctl.providers.answers import AnsweredError, DisruptionBudgetError, Reply
from sopctl.providers.json_patch import Operation
from sopctl.providers.k8s import K8s
from sopctl.providers.k8s_paths import address, collection, split
from sopctl.providers.receipts import receipt


def patch(
    call: Call,
    k8s: K8s,
    resource: ResourceId,
    operations: Sequence[Operation],
    subresource: str = "",
) -> Receipt:
    """A JSON Patch of *resource*; conflict if a ``test`` failed, or if the object is gone.

    *subresource* is such as ``/scale``.
    """
    body, path = list(operations), address(resource) + subresource
    try:
        return settled(
            lambda: k8s.write(call, "PATCH", path, body, content_type=json_patch.MEDIA_TYPE)
        )
    except NotFoundError as error:
        return Receipt(kind=ReceiptKind.CONFLICT, requests=error.requests, why=error.summary)


def create(call: Call, k8s: K8s, resource: ResourceId, body: Json) -> Receipt:
    """A new object; one of that name that is there already is a conflict."""
    namespace, _ = split(resource.name)
    path = collection(resource.kind, namespace)
    return settled(lambda: k8s.write(call, "POST", path, body))


def delete(call: Call, k8s: K8s, resource: ResourceId, *, uid: str, version: str) -> Receipt:
    """Delete the very object that was looked at; one that is gone already is done."""
    only = {"uid": uid, "resourceVersion": version}
    body: Json = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {key: value for key, value in only.items() if value},
    }
    try:
        return settled(lambda: k8s.write(call, "DELETE", address(resource), body))
    except NotFoundError as error:
        return Receipt(kind=ReceiptKind.DONE, requests=error.requests, why="it was gone already")


def evict(call: Call, k8s: K8s, resource: ResourceId) -> Receipt:
    """Ask for the deletion of the very pod, within its disruption budget; gone already is done.

    A budget that does not allow it now is ``not_yet``, with its name and numbers. Source:
    kubernetes.io/docs/concepts/scheduling-eviction/api-eviction.
    """
    namespace, name = split(resource.name)
    body: Json = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": namespace},
        "deleteOptions": {"preconditions": {"uid": resource.incarnation}},
    }
    path = f"{address(resource)}/eviction"
    try:
        return settled(lambda: _evict(call, k8s, path, body))
    except NotFoundError as error:
        return Receipt(kind=ReceiptKind.DONE, requests=error.requests, why="it was gone already")


def _evict(call: Call, k8s: K8s, path: str, body: Json) -> Reply:
    try:
        return k8s.write(call, "POST", path, body)
    except DisruptionBudgetError as error:
        causes = (error.body.get("details") or {}).get("causes") or ()
        told = "; ".join(str(each["message"]) for each in causes if each.get("message"))
        error.summary = told or error.summary
        raise


def settled(send: Callable[[], Reply]) -> Receipt:
    """The receipt for what *send* does; raises NotFoundError, and what is not about the change."""
    try:
        reply = send()
    except NotFoundError:
        raise
    except AnsweredError as error:
        return _refused(error)
    except SopError as error:
        return receipt(error)
    return Receipt(kind=ReceiptKind.DONE, requests=(reply.request,))


def _refused(error: AnsweredError) -> Receipt:
    """A failed ``test`` is a 422 that names neither field nor cause; an invalid object names both.

    Source: apimachinery ``NewGenericServerResponse``, as patch.go calls it.
    """
    told = receipt(error)
    causes = (error.body.get("details") or {}).get("causes")
    if error.status == HTTPStatus.UNPROCESSABLE_ENTITY and not causes:
        return replace(told, kind=ReceiptKind.CONFLICT)
    return told
