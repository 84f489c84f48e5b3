"""State after = state before, field by field: what a runbook may write, and nothing else.

What the world changes by itself is left out by name: nodes that came or went, what the node
lifecycle and the autoscaler put on nodes, replicas and desired capacities, and bookkeeping.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sopctl.core.codec import Json

KINDS: Final = (
    "deployments",
    "statefulsets",
    "horizontalpodautoscalers",
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    "configmaps",
    "namespaces",
    "nodes",
    "poddisruptionbudgets",
)
WORLDS_OWN: Final = (
    "nodes that came or went with their instances",
    "taints of the node lifecycle (node.kubernetes.io/...) and of the autoscaler",
    "replicas and desired capacities",
    "resource versions, generations and managed fields",
    "the autoscaler's own status, and revisions of Deployments",
)
_VOLATILE: Final = ("resourceVersion", "generation", "managedFields")
_TAINTS: Final = ("node.kubernetes.io/", "ToBeDeletedByClusterAutoscaler", "DeletionCandidate")
_ANNOTATIONS: Final = ("deployment.kubernetes.io/revision",)
_GROUP: Final = ("desired", "protected")  # instances that are protected come and go


def restorable(dump: Mapping[str, Any]) -> dict[str, Json]:
    """What of a world's dump has to come back, by "kind/namespace/name"."""
    found: dict[str, Json] = {
        f"asg/{name}": {key: value for key, value in group.items() if key not in _GROUP}
        for name, group in dump["aws"].items()
    }
    for kind in KINDS:
        for name, obj in dump["kubernetes"].get(kind, {}).items():
            if not name.endswith("cluster-autoscaler-status"):
                found[f"{kind}/{name}"] = _object(kind, obj)
    return found


def differences(before: Mapping[str, Json], after: Mapping[str, Json]) -> list[str]:
    """What is not as it was, one line each."""
    return [line for key in sorted({*before, *after}) for line in _compared(key, before, after)]


def _compared(key: str, before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[str]:
    if key not in before or key not in after:
        if not key.startswith("nodes/"):
            yield f"{key}: {'is new' if key in after else 'is gone'}"
        return
    for path, old, new in _fields("", before[key], after[key]):
        yield f"{key} {path}: {old} -> {new}"


def _fields(path: str, old: Json, new: Json) -> Iterator[tuple[str, Json, Json]]:
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            inner = f"{path}.{key}" if path else key
            yield from _fields(inner, old.get(key), new.get(key))
        return
    yield path, old, new


def _object(kind: str, obj: Mapping[str, Any]) -> Json:
    meta = {key: value for key, value in obj["metadata"].items() if key not in _VOLATILE}
    if annotations := meta.get("annotations"):
        kept = {k: v for k, v in annotations.items() if k not in _ANNOTATIONS}
        meta["annotations"] = kept or None
    spec = dict(obj.get("spec") or {})
    if kind in ("deployments", "statefulsets"):
        spec.pop("replicas", None)
    if kind == "nodes":
        spec["taints"] = [
            {key: value for key, value in taint.items() if key != "timeAdded"}
            for taint in spec.get("taints") or ()
            if not str(taint["key"]).startswith(_TAINTS)
        ] or None
    return {"metadata": meta, "spec": spec, "data": obj.get("data")}
