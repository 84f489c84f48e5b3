"""Where objects of the Kubernetes API live: resource ids to request paths.

Kinds that actions know have short names, such as ``k8s.deployment``. Any other is named by its
group, version and plural: ``k8s.policy/v1/poddisruptionbudgets``, or ``k8s.v1/services``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from sopctl.core.resource import ResourceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One kind: the root of its API group and version, and its plural."""

    root: str
    plural: str
    namespaced: bool = True


_REGISTRATION = "/apis/admissionregistration.k8s.io/v1"

PLACES: dict[str, Place] = {
    "k8s.capacity_buffer": Place(
        root="/apis/autoscaling.x-k8s.io/v1beta1", plural="capacitybuffers"
    ),
    "k8s.configmap": Place(root="/api/v1", plural="configmaps"),
    "k8s.deployment": Place(root="/apis/apps/v1", plural="deployments"),
    "k8s.hpa": Place(root="/apis/autoscaling/v2", plural="horizontalpodautoscalers"),
    "k8s.kyverno_policy": Place(
        root="/apis/policies.kyverno.io/v1", plural="mutatingpolicies", namespaced=False
    ),
    "k8s.namespace": Place(root="/api/v1", plural="namespaces", namespaced=False),
    "k8s.node": Place(root="/api/v1", plural="nodes", namespaced=False),
    "k8s.nodeclaim": Place(root="/apis/karpenter.sh/v1", plural="nodeclaims", namespaced=False),
    "k8s.nodepool": Place(root="/apis/karpenter.sh/v1", plural="nodepools", namespaced=False),
    "k8s.pod": Place(root="/api/v1", plural="pods"),
    "k8s.priority_class": Place(
        root="/apis/scheduling.k8s.io/v1", plural="priorityclasses", namespaced=False
    ),
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


_SHORT = {(each.root, each.plural): kind for kind, each in PLACES.items()}


def root_of(api_version: str) -> str:
    """The path of an API group and version, such as ``apps/v1``, or ``v1`` of the core."""
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def kind_of(api_version: str, plural: str) -> str:
    """The kind, for resource ids, of what has that *plural*."""
    short = _SHORT.get((root_of(api_version), plural))
    return short or f"k8s.{api_version}/{plural}"


def is_known(kind: str) -> bool:
    """Whether objects of *kind* are of the Kubernetes API."""
    return kind in PLACES or (kind.startswith("k8s.") and "/" in kind)


def place(kind: str) -> Place:
    """Where objects of *kind* are; raises KeyError for what is none."""
    if kind in PLACES or not is_known(kind):
        return PLACES[kind]
    api_version, _, plural = kind.removeprefix("k8s.").rpartition("/")
    return Place(root=root_of(api_version), plural=plural)


def collection(kind: str, namespace: str = "") -> str:
    """The path of all objects of *kind*, in one namespace or in all of them."""
    found = place(kind)
    inside = f"/namespaces/{namespace}" if namespace and found.namespaced else ""
    return f"{found.root}{inside}/{found.plural}"


def address(resource: ResourceId) -> str:
    """The path of one object; the name of a namespaced one is ``namespace/name``."""
    namespace, name = split(resource.name)
    return f"{collection(resource.kind, namespace)}/{name}"


def split(name: str) -> tuple[str, str]:
    """``namespace/name`` as its two halves; the namespace of a cluster-scoped name is empty."""
    namespace, _, last = name.rpartition("/")
    return namespace, last


def query_string(query: Mapping[str, str | int | bool]) -> str:
    """What is asked of a path, with its question mark; empty for nothing."""
    asked = {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in query.items()}
    return "?" + urlencode(asked) if asked else ""
