"""Which rules a kind has, and those of the small kinds.

Source: pkg/apis/*/validation/validation.go of Kubernetes 1.36; a selection, not all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sopctl.sandbox.k8s.errors import cause
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Json, Obj, dig
from sopctl.sandbox.k8s.rules import metadata, pods, policies

_LAST_PORT = 65535
_DATA_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_DATA_KEY_WANTED = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name', "
    " or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
_WORKLOADS = frozenset({"daemonsets", "deployments", "replicasets", "statefulsets"})


Causes = list[Obj]


def check_rules(kind: ResourceType, obj: Obj, old: Obj | None) -> Causes:
    """The causes for which the API would answer 422."""
    causes = metadata.metadata(kind, obj["metadata"])
    causes += metadata.kept(obj, old) if old is not None else []
    if kind.storage in _WORKLOADS:
        causes += pods.workload(obj, old)
    rule = _BY_STORAGE.get(kind.storage)
    if rule is not None and kind.custom is None:
        causes += rule(obj, old)
    return causes


def _service(obj: Obj, _: Obj | None) -> Causes:
    ports = obj["spec"].get("ports") or ()
    causes: Causes = []
    for index, port in enumerate(ports):
        place = f"spec.ports[{index}]"
        if len(ports) > 1 and not port.get("name"):
            causes.append(cause("FieldValueRequired", f"{place}.name", "Required value"))
        for key in ("port", "targetPort"):
            number = port.get(key)
            if isinstance(number, int) and not 0 < number <= _LAST_PORT:
                text = f"Invalid value: {number}: must be between 1 and {_LAST_PORT}, inclusive"
                causes.append(cause("FieldValueInvalid", f"{place}.{key}", text))
    return causes


def _node(obj: Obj, old: Obj | None) -> Causes:
    seen: set[tuple[str, str]] = set()
    causes = _provider(obj, old)
    for index, taint in enumerate(obj.get("spec", {}).get("taints") or ()):
        pair = (taint.get("key", ""), taint.get("effect", ""))
        place = f"metadata.taints[{index}]"
        if pair in seen:
            text = f'Duplicate value: "{pair[0]}": taints must be unique by key and effect pair'
            causes.append(cause("FieldValueDuplicate", place, text))
        if pair[1] not in ("NoSchedule", "PreferNoSchedule", "NoExecute"):
            text = f'Unsupported value: "{pair[1]}": supported values: "NoExecute", "NoSchedule", '
            text += '"PreferNoSchedule"'
            causes.append(cause("FieldValueNotSupported", f"{place}.effect", text))
        seen.add(pair)
    return causes


def _provider(obj: Obj, old: Obj | None) -> Causes:
    before = dig(old, "spec", "providerID") if old is not None else None
    if not before or dig(obj, "spec", "providerID") == before:
        return []
    text = 'Forbidden: node updates may not change providerID except from "" to valid'
    return [cause("FieldValueForbidden", "spec.providerID", text)]


def _budget(obj: Obj, _: Obj | None) -> Causes:
    spec = obj.get("spec", {})
    if "minAvailable" in spec and "maxUnavailable" in spec:
        text = f"Invalid value: {spec}: minAvailable and maxUnavailable cannot be both set"
        return [cause("FieldValueInvalid", "spec", text)]
    return []


def _frozen_data(obj: Obj, old: Obj | None) -> Causes:
    causes = [
        cause("FieldValueInvalid", f"data[{key}]", f'Invalid value: "{key}": {_DATA_KEY_WANTED}')
        for key in obj.get("data") or ()
        if not _DATA_KEY.fullmatch(key)
    ]
    return causes + _immutable(obj, old)


def _immutable(obj: Obj, old: Obj | None) -> Causes:
    if old is None or not old.get("immutable"):
        return []
    same = all(obj.get(key) == old.get(key) for key in ("data", "binaryData", "immutable"))
    text = "Forbidden: field is immutable when `immutable` is set"
    return [] if same else [cause("FieldValueForbidden", "data", text)]


def _autoscaler(obj: Obj, _: Obj | None) -> Causes:
    spec: Json = obj["spec"]
    low, high = spec.get("minReplicas", 1), spec.get("maxReplicas", 0)
    causes: Causes = []
    if low < 1:
        text = f"Invalid value: {low}: must be greater than or equal to 1"
        causes.append(cause("FieldValueInvalid", "spec.minReplicas", text))
    if high < max(low, 1):
        text = f"Invalid value: {high}: must be greater than or equal to `minReplicas`"
        causes.append(cause("FieldValueInvalid", "spec.maxReplicas", text))
    return causes


def _lease(obj: Obj, _: Obj | None) -> Causes:
    spec, causes = obj.get("spec", {}), []
    seconds, transitions = spec.get("leaseDurationSeconds"), spec.get("leaseTransitions")
    if seconds is not None and seconds <= 0:
        text = f"Invalid value: {seconds}: must be greater than 0"
        causes.append(cause("FieldValueInvalid", "spec.leaseDurationSeconds", text))
    if transitions is not None and transitions < 0:
        text = f"Invalid value: {transitions}: must be greater than or equal to 0"
        causes.append(cause("FieldValueInvalid", "spec.leaseTransitions", text))
    return causes


def _frozen_role_ref(obj: Obj, old: Obj | None) -> Causes:
    if old is None or obj.get("roleRef") == old.get("roleRef"):
        return []
    return [cause("FieldValueInvalid", "roleRef", "Invalid value: cannot change roleRef")]


_BY_STORAGE: Mapping[str, Callable[[Obj, Obj | None], Causes]] = {
    **policies.BY_STORAGE,
    "clusterrolebindings": _frozen_role_ref,
    "configmaps": _frozen_data,
    "horizontalpodautoscalers": _autoscaler,
    "leases": _lease,
    "nodes": _node,
    "poddisruptionbudgets": _budget,
    "pods": pods.pod,
    "rolebindings": _frozen_role_ref,
    "secrets": _frozen_data,
    "services": _service,
}
