"""What `kubectl get` shows of each kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sopctl.sandbox.k8s.cells import (
    claim,
    completions,
    endpoints,
    event_object,
    hpa_metrics,
    hpa_target,
    last_seen,
    node_address,
    node_roles,
    node_status,
    pod_ready,
    pod_status,
    ports,
    restarts,
    role,
)
from sopctl.sandbox.k8s.objects import Json, Obj, dig


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; `priority` above 0 is shown with `-o wide` only, `date` becomes an age.

    `says` describes it, where that is more than its name.
    """

    name: str
    value: Callable[[Obj], Json]
    type: str = "string"
    format: str = ""
    priority: int = 0
    says: str = ""


def _text(name: str, *path: str, missing: str = "", wide: bool = False) -> Column:
    return Column(name=name, value=lambda obj: _or(dig(obj, *path), missing), priority=int(wide))


def _number(name: str, *path: str) -> Column:
    return Column(name=name, value=lambda obj: dig(obj, *path) or 0, type="integer")


def _made(name: str, value: Callable[[Obj], Json], *, wide: bool = False) -> Column:
    return Column(name=name, value=value, priority=int(wide))


def _or(value: Json, missing: str) -> str:
    return missing if value is None or value == "" else str(value)


_NAME = Column(name="Name", value=lambda obj: obj["metadata"]["name"], format="name")
_AGE = Column(name="Age", value=lambda obj: obj["metadata"]["creationTimestamp"], type="date")


def _containers(obj: Obj) -> list[Obj]:
    return dig(obj, "spec", "template", "spec", "containers") or []


_WIDE_WORKLOAD = (
    _made("Containers", lambda obj: ",".join(c["name"] for c in _containers(obj)), wide=True),
    _made("Images", lambda obj: ",".join(c.get("image", "") for c in _containers(obj)), wide=True),
    _made("Selector", lambda obj: _labels(dig(obj, "spec", "selector", "matchLabels")), wide=True),
)


def _labels(labels: Obj | None) -> str:
    return ",".join(f"{key}={value}" for key, value in (labels or {}).items()) or "<none>"


def _ready_of(*wanted: str, ready: str = "readyReplicas") -> Column:
    return _made("Ready", lambda obj: f"{dig(obj, 'status', ready) or 0}/{dig(obj, *wanted) or 0}")


def _node_selector(obj: Obj) -> str:
    return _labels(dig(obj, "spec", "template", "spec", "nodeSelector"))


_STATUS = ("status",)
_SPEC = ("spec",)

BY_STORAGE: Mapping[str, tuple[Column, ...]] = {
    "clusterrolebindings": (_NAME, _made("Role", role), _AGE),
    "configmaps": (
        _NAME,
        Column(
            name="Data",
            value=lambda obj: len(obj.get("data") or {}) + len(obj.get("binaryData") or {}),
        ),
        _AGE,
    ),
    "customresourcedefinitions": (_NAME, _text("Created At", "metadata", "creationTimestamp")),
    "daemonsets": (
        _NAME,
        _number("Desired", *_STATUS, "desiredNumberScheduled"),
        _number("Current", *_STATUS, "currentNumberScheduled"),
        _number("Ready", *_STATUS, "numberReady"),
        _number("Up-to-date", *_STATUS, "updatedNumberScheduled"),
        _number("Available", *_STATUS, "numberAvailable"),
        _made(
            "Node Selector", lambda o: _labels(dig(o, "spec", "template", "spec", "nodeSelector"))
        ),
        _AGE,
        *_WIDE_WORKLOAD,
    ),
    "deployments": (
        _NAME,
        _ready_of("spec", "replicas"),
        _number("Up-to-date", *_STATUS, "updatedReplicas"),
        _number("Available", *_STATUS, "availableReplicas"),
        _AGE,
        *_WIDE_WORKLOAD,
    ),
    "endpointslices": (
        _NAME,
        _text("AddressType", "addressType"),
        _made("Ports", lambda o: ",".join(str(p.get("port")) for p in o.get("ports") or ())),
        _made("Endpoints", endpoints),
        _AGE,
    ),
    "events": (
        Column(name="Last Seen", value=last_seen, type="date"),
        _text("Type", "type"),
        _text("Reason", "reason"),
        _made("Object", event_object),
        _text("Message", "message"),
        Column(name="Name", value=lambda o: o["metadata"]["name"], format="name", priority=1),
    ),
    "horizontalpodautoscalers": (
        _NAME,
        _made("Reference", hpa_target),
        _made("Targets", hpa_metrics),
        _text("MinPods", *_SPEC, "minReplicas"),
        _number("MaxPods", *_SPEC, "maxReplicas"),
        _number("Replicas", *_STATUS, "currentReplicas"),
        _AGE,
    ),
    "jobs": (_NAME, _made("Completions", completions), _AGE, *_WIDE_WORKLOAD),
    "leases": (_NAME, _text("Holder", *_SPEC, "holderIdentity"), _AGE),
    "namespaces": (_NAME, _text("Status", *_STATUS, "phase"), _AGE),
    "nodes": (
        _NAME,
        _made("Status", node_status),
        _made("Roles", node_roles),
        _AGE,
        _text("Version", *_STATUS, "nodeInfo", "kubeletVersion"),
        _made("Internal-IP", node_address("InternalIP"), wide=True),
        _made("External-IP", node_address("ExternalIP"), wide=True),
        _text("OS-Image", *_STATUS, "nodeInfo", "osImage", missing="<unknown>", wide=True),
        _text("Kernel-Version", *_STATUS, "nodeInfo", "kernelVersion", wide=True),
        _text("Container-Runtime", *_STATUS, "nodeInfo", "containerRuntimeVersion", wide=True),
    ),
    "persistentvolumeclaims": (
        _NAME,
        _text("Status", *_STATUS, "phase"),
        _text("Volume", *_SPEC, "volumeName"),
        _text("Capacity", *_STATUS, "capacity", "storage"),
        _made("Access Modes", lambda o: ",".join(dig(o, "spec", "accessModes") or ())),
        _text("StorageClass", *_SPEC, "storageClassName"),
        _AGE,
    ),
    "persistentvolumes": (
        _NAME,
        _text("Capacity", *_SPEC, "capacity", "storage"),
        _made("Access Modes", lambda o: ",".join(dig(o, "spec", "accessModes") or ())),
        _text("Reclaim Policy", *_SPEC, "persistentVolumeReclaimPolicy"),
        _text("Status", *_STATUS, "phase"),
        _made("Claim", claim),
        _text("StorageClass", *_SPEC, "storageClassName"),
        _AGE,
    ),
    "poddisruptionbudgets": (
        _NAME,
        _text("Min Available", *_SPEC, "minAvailable", missing="N/A"),
        _text("Max Unavailable", *_SPEC, "maxUnavailable", missing="N/A"),
        _number("Allowed Disruptions", *_STATUS, "disruptionsAllowed"),
        _AGE,
    ),
    "pods": (
        _NAME,
        _made("Ready", pod_ready),
        _made("Status", pod_status),
        _made("Restarts", restarts),
        _AGE,
        _text("IP", *_STATUS, "podIP", missing="<none>", wide=True),
        _text("Node", *_SPEC, "nodeName", missing="<none>", wide=True),
        _text("Nominated Node", *_STATUS, "nominatedNodeName", missing="<none>", wide=True),
        _made("Readiness Gates", lambda _: "<none>", wide=True),
    ),
    "priorityclasses": (
        _NAME,
        _number("Value", "value"),
        _made("Global-Default", lambda o: bool(o.get("globalDefault"))),
        _AGE,
    ),
    "replicasets": (
        _NAME,
        _number("Desired", *_SPEC, "replicas"),
        _number("Current", *_STATUS, "replicas"),
        _number("Ready", *_STATUS, "readyReplicas"),
        _AGE,
        *_WIDE_WORKLOAD,
    ),
    "rolebindings": (_NAME, _made("Role", role), _AGE),
    "services": (
        _NAME,
        _text("Type", *_SPEC, "type"),
        _text("Cluster-IP", *_SPEC, "clusterIP", missing="<none>"),
        _made("External-IP", lambda _: "<none>"),
        _made("Port(s)", ports),
        _AGE,
        _made("Selector", lambda o: _labels(dig(o, "spec", "selector")), wide=True),
    ),
    "statefulsets": (_NAME, _ready_of("spec", "replicas"), _AGE, *_WIDE_WORKLOAD[:2]),
    "storageclasses": (
        _NAME,
        _text("Provisioner", "provisioner"),
        _text("ReclaimPolicy", "reclaimPolicy"),
        _text("VolumeBindingMode", "volumeBindingMode"),
        _AGE,
    ),
}
