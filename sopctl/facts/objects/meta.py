"""What every Kubernetes object has: identity, labels, owner, and who else writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sopctl.core.clock import parse_stamp

# A Kubernetes object is JSON of a schema that differs by cluster: it is read here into frozen
# values, and nothing above this package looks into it unless it restores a raw piece of it.
Obj: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The managing controller of an object."""

    kind: str
    name: str
    uid: str


def uid(obj: Obj) -> str:
    return str(obj["metadata"].get("uid", ""))


def version(obj: Obj) -> str:
    return str(obj["metadata"].get("resourceVersion", ""))


def full_name(obj: Obj) -> str:
    """``namespace/name``, or the name alone of a cluster-scoped object."""
    metadata = obj["metadata"]
    namespace = metadata.get("namespace") or ""
    return f"{namespace}/{metadata['name']}" if namespace else str(metadata["name"])


def labels(obj: Obj) -> Mapping[str, str]:
    return obj["metadata"].get("labels") or {}


def annotated(obj: Obj) -> Mapping[str, str]:
    return obj["metadata"].get("annotations") or {}


def created(obj: Obj) -> datetime | None:
    text = obj["metadata"].get("creationTimestamp")
    return parse_stamp(text) if text else None


def terminating(obj: Obj) -> bool:
    return bool(obj["metadata"].get("deletionTimestamp"))


def controller(obj: Obj) -> Owner | None:
    for each in obj["metadata"].get("ownerReferences") or ():
        if each.get("controller"):
            return Owner(kind=each["kind"], name=each["name"], uid=each["uid"])
    return None


_KEEPERS = (
    ("annotations", "argocd.argoproj.io/tracking-id", "Argo CD"),
    ("annotations", "argocd.argoproj.io/instance", "Argo CD"),
    ("labels", "argocd.argoproj.io/instance", "Argo CD"),
    ("labels", "kustomize.toolkit.fluxcd.io/name", "Flux"),
    ("labels", "helm.toolkit.fluxcd.io/name", "Flux"),
)


def keeper(obj: Obj) -> str:
    """The GitOps controller that may write its own version of the object back, or ``""``."""
    for where, key, who in _KEEPERS:
        if key in (obj["metadata"].get(where) or {}):
            return who
    return ""


def selects(selector: Obj | None, of: Mapping[str, str]) -> bool:
    """Whether a label selector matches the labels *of* something.

    No selector matches nothing and an empty one everything (apimachinery
    ``LabelSelectorAsSelector``).
    """
    if selector is None:
        return False
    wanted = selector.get("matchLabels") or {}
    if any(of.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(each, of) for each in selector.get("matchExpressions") or ())


def _holds(expression: Obj, of: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return of.get(key) in values
        case "NotIn":
            return of.get(key) not in values
        case "Exists":
            return key in of
        case _:
            return key not in of
