"""The fence: a write that changes nothing but the version of an object.

A call that is still on its way when its change is undone could land afterwards. All our writes
test the resourceVersion they were decided on; touching the object makes that test fail.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sopctl.core.action import Call
from sopctl.core.codec import Json
from sopctl.core.errors import NotFoundError
from sopctl.core.resource import ResourceId
from sopctl.marks.bookkeeping import provider_errors
from sopctl.providers.k8s import MERGE_PATCH, K8s
from sopctl.providers.k8s_paths import address

ANNOTATION = "sopctl.io/fence"


class HasK8s(Protocol):
    """Clients with a Kubernetes API among them."""

    @property
    def k8s(self) -> K8s: ...


def touch(call: Call, clients: HasK8s, ids: Sequence[ResourceId]) -> None:
    """Bump the resourceVersion of each object once; one that is gone needs no fence.

    The annotation is set and taken off in two writes, because the API server does not store, and
    so does not version, an update that changes nothing. Raises a ProviderError.
    """
    for whole in dict.fromkeys(ResourceId(i.kind, i.name, i.incarnation) for i in ids):
        try:
            _annotate(call, clients.k8s, whole, call.op_id or call.run)
            _annotate(call, clients.k8s, whole, None)
        except NotFoundError:
            continue


def _annotate(call: Call, k8s: K8s, resource: ResourceId, value: str | None) -> None:
    metadata: dict[str, Json] = {"annotations": {ANNOTATION: value}}
    if resource.incarnation:
        metadata["uid"] = resource.incarnation  # of another one: refused
    body: Json = {"metadata": metadata}
    with provider_errors():
        k8s.write(call, "PATCH", address(resource), body, content_type=MERGE_PATCH)
