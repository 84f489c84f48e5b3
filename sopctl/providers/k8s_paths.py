"""Where objects of the Kubernetes API live: resource ids to request paths."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sopctl.core.resource import ResourceId

_VERSION = re.compile(r"v[0-9]+((alpha|beta)[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One kind: the root of its API group and version, and its plural."""

    root: str
    plural: str
    namespaced: bool = True


_REGISTRATION = "/apis/admissionregistration.k8s.io/v1"

PLACES: dict[str, Place] = {
    "k8s.configmap": Place(root="/api/v1", plural="configmaps"),
    "k8s.deployment": Place(root="/apis/apps/v1", plural="deployments"),
    "k8s.hpa": Place(root="/apis/autoscaling/v2", plural="horizontalpodautoscalers"),
    "k8s.namespace": Place(root="/api/v1", plural="namespaces", namespaced=False),
    "k8s.node": Place(root="/api/v1", plural="nodes", namespaced=False),
    "k8s.nodeclaim": Place(root="/apis/karpenter.sh/v1", plural="nodeclaims", namespaced=False),
    "k8s.nodepool": Place(root="/apis/karpenter.sh/v1", plural="nodepools", namespaced=False),
    "k8s.pod": Place(root="/api/v1", plural="pods"),
    "k8s.scaledobject": Place(root="/apis/keda.sh/v1alpha1", plural="scaledobjects"),
    "k8s.spread_binding": Place(
        root=_REGISTRATION, plural="mutatingadmissionpolicybindings", namespaced=False
    ),
    "k8s.spread_policy": Place(
        root=_REGISTRATION, plural="mutatingadmissionpolicies", namespaced=False
    ),
    "k8s.statefulset": Place(root="/apis/apps/v1", plural="statefulsets"),
    "k8s.vpa": Place(root="/apis/autoscaling.k8s.io/v1", plural="verticalpodautoscalers"),
}


_KINDS = {place: kind for kind, place in PLACES.items()}


def kind_of(group: str, version: str, plural: str, *, namespaced: bool) -> str:
    """The kind of a resource of any API, such as ``cronjobs.v1.batch``; ours where we have one."""
    root = f"/apis/{group}/{version}" if group else f"/api/{version}"
    place = Place(root=root, plural=plural, namespaced=namespaced)
    return _KINDS.get(place) or f"{plural}.{version}" + (f".{group}" if group else "")


def place(kind: str) -> Place:
    """Where objects of *kind* live; raises KeyError for what is no kind of Kubernetes."""
    if known := PLACES.get(kind):
        return known
    plural, dot, rest = kind.partition(".")
    version, _, group = rest.partition(".")
    if not dot or not _VERSION.fullmatch(version):
        raise KeyError(kind)
    return Place(root=f"/apis/{group}/{version}" if group else f"/api/{version}", plural=plural)


def is_object(kind: str) -> bool:
    """Whether *kind* is one of the Kubernetes API."""
    try:
        place(kind)
    except KeyError:
        return False
    return True


def collection(kind: str, namespace: str = "") -> str:
    """The path of all objects of *kind*, in one namespace or in all of them."""
    where = place(kind)
    inside = f"/namespaces/{namespace}" if namespace and where.namespaced else ""
    return f"{where.root}{inside}/{where.plural}"


def address(resource: ResourceId) -> str:
    """The path of one object; the name of a namespaced one is ``namespace/name``."""
    namespace, name = split(resource.name)
    return f"{collection(resource.kind, namespace)}/{name}"


def split(name: str) -> tuple[str, str]:
    """``namespace/name`` as its two halves; the namespace of a cluster-scoped name is empty."""
    namespace, _, last = name.rpartition("/")
    return namespace, last
