"""How objects begin, change and end: the strategies of the API's kinds.

Source: pkg/registry/**/strategy.go, k8s.io/apiserver registry/rest/{create,update,delete}.go.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sopctl.sandbox.k8s.defaults_pod import quality_of_service
from sopctl.sandbox.k8s.filling import spell_out_zeros
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Obj, dig, stamp

# Kinds whose generation counts changes of the spec.
_WITHOUT_GENERATION = frozenset(
    {
        "clusterrolebindings",
        "clusterroles",
        "configmaps",
        "endpoints",
        "endpointslices",
        "events",
        "leases",
        "namespaces",
        "nodes",
        "persistentvolumeclaims",
        "persistentvolumes",
        "rolebindings",
        "roles",
        "secrets",
        "serviceaccounts",
        "services",
        "storageclasses",
    }
)
_KEEP_STATUS_ON_CREATE = frozenset({"namespaces", "nodes"})
_SERVER_OWNED = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "resourceVersion",
    "uid",
)
_NO_CHANGE_OF_GENERATION = frozenset({"apiVersion", "kind", "metadata", "status"})
_FINALIZER = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}


def prepare_create(kind: ResourceType, obj: Obj, now: datetime) -> None:
    """The server's own part of a new object, in place."""
    meta = obj["metadata"]
    if kind.storage in _WITHOUT_GENERATION:
        meta.pop("generation", None)
    else:
        meta["generation"] = 1
    if "status" in kind.subresources and kind.storage not in _KEEP_STATUS_ON_CREATE:
        obj.pop("status", None)
    complete = _COMPLETED_BY.get(kind.storage)
    if complete is not None and kind.custom is None:
        complete(obj, now)
    if kind.custom is None and "status" in kind.schema.get("properties", {}):
        spell_out_zeros(kind.schema["properties"]["status"], obj.setdefault("status", {}))


def isolate(kind: ResourceType, new: Obj, old: Obj, subresource: str) -> None:
    """Keep what this path may not change as it was, in place."""
    before = old["metadata"]
    if subresource == "status":
        labels = before.get("labels")
        _restore(new, {"metadata": {**new["metadata"], "labels": labels}})
        for key in (old.keys() | new.keys()) - {"status", "metadata"}:
            _restore(new, {key: old.get(key)})
        if kind.custom is not None:
            new["metadata"] = dict(before)
    elif "status" in kind.subresources:
        _restore(new, {"status": old.get("status")})
    meta = new["metadata"]
    _restore(meta, {key: before.get(key) for key in _SERVER_OWNED})
    if kind.storage == "namespaces" and subresource != "finalize":
        _restore(new, {"spec": old.get("spec")})
    if meta.get("labels") is None:
        meta.pop("labels", None)


def _restore(target: Obj, values: Obj) -> None:
    for key, value in values.items():
        if value is None:
            target.pop(key, None)
        else:
            target[key] = value


def prepare_update(kind: ResourceType, new: Obj, old: Obj) -> None:
    """Count the change of a spec, in place."""
    if "generation" not in old["metadata"]:
        return
    relevant = (new.keys() | old.keys()) - _NO_CHANGE_OF_GENERATION
    if any(new.get(key) != old.get(key) for key in relevant):
        new["metadata"]["generation"] = old["metadata"]["generation"] + 1
    if kind.storage == "customresourcedefinitions":
        new["status"] = {**new.get("status", {}), "acceptedNames": new["spec"]["names"]}


def mark_deleted(
    kind: ResourceType, obj: Obj, grace: int | None, propagation: str | None, now: datetime
) -> None:
    """Begin the deletion of an object, in place."""
    meta = obj["metadata"]
    finalizer = _FINALIZER.get(propagation or "")
    if finalizer and finalizer not in meta.get("finalizers", ()):
        meta["finalizers"] = [*meta.get("finalizers", ()), finalizer]
    seconds = _grace_of(kind, obj, grace)
    before = meta.get("deletionGracePeriodSeconds")
    if before is None and meta.get("generation"):
        meta["generation"] += 1  # registry/rest/delete.go, BeforeDelete
    if before is None or seconds < before:
        meta["deletionTimestamp"] = stamp(now + timedelta(seconds=seconds))
        meta["deletionGracePeriodSeconds"] = seconds
    if kind.storage == "namespaces":
        obj["status"] = {**obj.get("status", {}), "phase": "Terminating"}


def _grace_of(kind: ResourceType, obj: Obj, grace: int | None) -> int:
    if kind.storage != "pods":
        return 0
    phase = dig(obj, "status", "phase")
    # Nobody has to stop what does not run (pkg/registry/core/pod/strategy.go).
    if not dig(obj, "spec", "nodeName") or phase in ("Succeeded", "Failed"):
        return 0
    if grace is not None:
        return max(grace, 0)
    return int(obj["spec"].get("terminationGracePeriodSeconds", 30))


def is_finished(kind: ResourceType, obj: Obj) -> bool:
    """Whether nothing holds an object back whose deletion has begun."""
    meta = obj["metadata"]
    if not meta.get("deletionTimestamp") or meta.get("finalizers"):
        return False
    if kind.storage == "namespaces":
        return not dig(obj, "spec", "finalizers")
    return not meta.get("deletionGracePeriodSeconds")


def only_binds(kind: ResourceType, new: Obj, old: Obj | None) -> bool:
    """Whether a write gives a pod its node and leaves the rest of the spec as it was."""
    if kind.storage != "pods" or old is None or old["spec"].get("nodeName"):
        return False
    return {**new["spec"], "nodeName": ""} == {**old["spec"], "nodeName": ""}


def _pod(pod: Obj, _: datetime) -> None:
    pod["status"] = {"phase": "Pending", "qosClass": quality_of_service(pod["spec"])}


def _budget(budget: Obj, _: datetime) -> None:
    numbers = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")
    budget["status"] = dict.fromkeys(numbers, 0)


def _secret(secret: Obj, _: datetime) -> None:
    texts = secret.pop("stringData", {})
    data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    if data:
        secret["data"] = {**secret.get("data", {}), **data}
    secret.setdefault("type", "Opaque")


def _service(service: Obj, _: datetime) -> None:
    """Give a service an address of its own, made of its uid."""
    spec = service["spec"]
    if spec["type"] == "ExternalName" or spec.get("clusterIP"):
        return
    digits = service["metadata"]["uid"].replace("-", "")
    low, high = int(digits[:2], 16), int(digits[2:4], 16)
    spec["clusterIP"] = f"10.100.{high}.{max(low, 1)}"
    spec["clusterIPs"] = [spec["clusterIP"]]


def _job(job: Obj, _: datetime) -> None:
    """Select the job's pods by its uid, which the defaults did not know yet."""
    spec, meta = job["spec"], job["metadata"]
    if spec.get("manualSelector"):
        return
    uid = "batch.kubernetes.io/controller-uid"
    spec["selector"] = {"matchLabels": {uid: meta["uid"]}}
    labels = spec["template"].setdefault("metadata", {}).setdefault("labels", {})
    labels[uid] = meta["uid"]
    labels["batch.kubernetes.io/job-name"] = meta["name"]


def _definition(definition: Obj, now: datetime) -> None:
    """Establish a custom resource at once."""
    spec, time = definition["spec"], stamp(now)
    definition["status"] = {
        "acceptedNames": spec["names"],
        "storedVersions": [item["name"] for item in spec["versions"] if item.get("storage")],
        "conditions": [
            {
                "type": name,
                "status": "True",
                "lastTransitionTime": time,
                "reason": reason,
                "message": message,
            }
            for name, reason, message in (
                ("NamesAccepted", "NoConflicts", "no conflicts found"),
                ("Established", "InitialNamesAccepted", "the initial names have been accepted"),
            )
        ],
    }


_COMPLETED_BY: Mapping[str, Callable[[Obj, datetime], None]] = {
    "customresourcedefinitions": _definition,
    "jobs": _job,
    "poddisruptionbudgets": _budget,
    "pods": _pod,
    "secrets": _secret,
    "services": _service,
}
