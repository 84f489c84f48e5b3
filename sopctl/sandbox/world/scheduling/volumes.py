"""Volumes keep pods in a zone: a claim is bound where its first pod runs, and stays there.

Source: kubernetes/pkg/scheduler/framework/plugins/volumebinding (`WaitForFirstConsumer`); the EBS
CSI driver's volumes carry node affinity to their zone. Simplified: every class waits for its first
pod, provisions at once and has no limits.
"""

from __future__ import annotations

from collections.abc import Iterator

from sopctl.sandbox.world.outages import ZONE
from sopctl.sandbox.world.ports import Obj
from sopctl.sandbox.world.scheduling.subject import Subject, subject
from sopctl.sandbox.world.view import View

_DRIVER = "ebs.csi.aws.com"


def pinned(view: View, pod: Obj) -> Subject:
    """Read a pod together with where its volumes are."""
    return subject(pod, tuple(_terms(view, pod)))


def state(view: View, pod: Obj) -> str:
    """Return what changes with a pod and, if it has claims, with any claim."""
    version = str(pod["metadata"]["resourceVersion"])
    if not any(_claims(pod)):
        return version
    return f"{version}/{view.version('persistentvolumeclaims')}"


def missing_claim(view: View, pod: Obj) -> str:
    """Return the message of a pod whose claim does not exist, or nothing."""
    for name in _claims(pod):
        if view.get("persistentvolumeclaims", name, pod["metadata"]["namespace"]) is None:
            total = len(view.all("nodes"))
            reason = f'persistentvolumeclaim "{name}" not found'
            return (
                f"0/{total} nodes are available: {reason}. preemption: 0/{total} nodes are "
                f"available: {total} Preemption is not helpful for scheduling."
            )
    return ""


def provision(view: View, pod: Obj, node: str) -> None:
    """Bind the claims of a pod that nobody used yet to new volumes in its node's zone."""
    where = view.get("nodes", node)
    zone = ((where or {}).get("metadata", {}).get("labels") or {}).get(ZONE)
    for name in _claims(pod) if zone else ():
        claim = view.get("persistentvolumeclaims", name, pod["metadata"]["namespace"])
        if claim is not None and not claim["spec"].get("volumeName"):
            volume = _volume(claim, str(zone))
            made = view.create("persistentvolumes", volume)
            view.set_status("persistentvolumes", made, {"phase": "Bound"})
            bound = view.patch(
                "persistentvolumeclaims", claim, {"spec": {"volumeName": made["metadata"]["name"]}}
            )
            size = bound["spec"].get("resources", {}).get("requests") or {}
            view.set_status("persistentvolumeclaims", bound, {"phase": "Bound", "capacity": size})


def _claims(pod: Obj) -> Iterator[str]:
    for volume in pod["spec"].get("volumes") or ():
        claim = volume.get("persistentVolumeClaim")
        if claim:
            yield claim["claimName"]


def _terms(view: View, pod: Obj) -> Iterator[tuple[Obj, ...]]:
    """Yield the ORed node selector terms of each bound volume."""
    for name in _claims(pod):
        claim = view.get("persistentvolumeclaims", name, pod["metadata"]["namespace"])
        volume = (claim or {}).get("spec", {}).get("volumeName")
        found = view.get("persistentvolumes", volume) if volume else None
        required = ((found or {}).get("spec", {}).get("nodeAffinity") or {}).get("required")
        if required:
            yield tuple(required["nodeSelectorTerms"])


def _volume(claim: Obj, zone: str) -> Obj:
    metadata, spec = claim["metadata"], claim["spec"]
    term = {"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"pvc-{metadata['uid']}"},
        "spec": {
            "accessModes": spec.get("accessModes") or ["ReadWriteOnce"],
            "capacity": spec.get("resources", {}).get("requests") or {"storage": "1Gi"},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "name": metadata["name"],
                "namespace": metadata["namespace"],
                "uid": metadata["uid"],
            },
            "csi": {
                "driver": _DRIVER,
                "volumeHandle": f"vol-{metadata['uid'].replace('-', '')[:17]}",
            },
            "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": spec.get("storageClassName") or "gp3",
        },
    }


def _short(uid: str) -> str:
    return uid.replace("-", "")[:17]
