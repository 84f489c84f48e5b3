"""What a schema cannot say: the semantic validation that incident work runs into.

Source: pkg/apis/*/validation/validation.go of Kubernetes 1.36; a selection, not all of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from kubernetes.utils import quantity

from sopctl.sandbox.k8s import rules_policy
from sopctl.sandbox.k8s.errors import cause
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Json, Obj, dig
from sopctl.sandbox.k8s.selectors import selects

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_LABEL_KEY = re.compile(r"([a-z0-9.-]+/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_ANY_NAME = frozenset({"clusterroles", "clusterrolebindings", "roles", "rolebindings"})
_LONGEST_NAME = 253
_LONGEST_LABEL = 63
_LAST_PORT = 65535
_NAME_WANTED = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used "
    "for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_KEY_WANTED = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
    "with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_VALUE_WANTED = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_DATA_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_DATA_KEY_WANTED = (
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name', "
    " or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
)
_STANDARD_FINALIZERS = frozenset({"foregroundDeletion", "kubernetes", "orphan"})
_WORKLOADS = frozenset({"daemonsets", "deployments", "replicasets", "statefulsets"})
_FROZEN_POD = (
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)"
)

Causes = list[Obj]


def check_rules(kind: ResourceType, obj: Obj, old: Obj | None) -> Causes:
    """The causes for which the API would answer 422."""
    causes = _metadata(kind, obj["metadata"])
    causes += _kept(obj, old) if old is not None else []
    if kind.storage in _WORKLOADS:
        causes += _workload(obj, old)
    rule = _BY_STORAGE.get(kind.storage)
    if rule is not None and kind.custom is None:
        causes += rule(obj, old)
    return causes


def _metadata(kind: ResourceType, meta: Obj) -> Causes:
    causes: Causes = []
    prefix = meta.get("generateName", "")
    for field, name in (("generateName", re.sub("-$", "a", prefix)), ("name", meta.get("name"))):
        sane = name and _NAME.fullmatch(name) and len(name) <= _LONGEST_NAME
        if kind.storage not in _ANY_NAME and not sane and (name or field == "name"):
            text = f'Invalid value: "{meta.get(field, "")}": {_NAME_WANTED}'
            causes.append(cause("FieldValueInvalid", f"metadata.{field}", text))
    for key, value in (meta.get("labels") or {}).items():
        if not _LABEL_KEY.fullmatch(key):
            text = f'Invalid value: "{key}": {_KEY_WANTED}'
            causes.append(cause("FieldValueInvalid", "metadata.labels", text))
        if not _LABEL_VALUE.fullmatch(value) or len(value) > _LONGEST_LABEL:
            text = f'Invalid value: "{value}": {_VALUE_WANTED}'
            causes.append(cause("FieldValueInvalid", "metadata.labels", text))
    return causes + _owners(meta) + _finalizers(kind, meta)


def _owners(meta: Obj) -> Causes:
    """apimachinery/pkg/api/validation/objectmeta.go, validateOwnerReference."""
    wanted = {"apiVersion": "version must not be empty", "kind": "must not be empty"}
    wanted |= {"name": "must not be empty", "uid": "must not be empty"}
    return [
        cause("FieldValueInvalid", f"metadata.ownerReferences.{key}", f'Invalid value: "": {why}')
        for owner in meta.get("ownerReferences") or ()
        for key, why in wanted.items()
        if not owner.get(key)
    ]


def _finalizers(kind: ResourceType, meta: Obj) -> Causes:
    causes: Causes = []
    for index, name in enumerate(meta.get("finalizers") or ()):
        if not _LABEL_KEY.fullmatch(name):
            text = f'Invalid value: "{name}": {_KEY_WANTED}'
            causes.append(cause("FieldValueInvalid", "metadata.finalizers", text))
        if kind.custom is None and "/" not in name and name not in _STANDARD_FINALIZERS:
            text = f'Invalid value: "{name}": name is neither a standard finalizer name nor is it '
            place = f"metadata.finalizers[{index}]"
            causes.append(cause("FieldValueInvalid", place, text + "fully qualified"))
    return causes


def _kept(obj: Obj, old: Obj) -> Causes:
    """What an object that is going may not do any more: be held by somebody else, too."""
    before, after = (each["metadata"].get("finalizers") or [] for each in (old, obj))
    more = [name for name in after if name not in before]
    if not old["metadata"].get("deletionTimestamp") or not more:
        return []
    listed = "[]string{" + ", ".join(f'"{name}"' for name in more) + "}"
    text = "Forbidden: no new finalizers can be added if the object is being deleted, found new "
    return [cause("FieldValueForbidden", "metadata.finalizers", f"{text}finalizers {listed}")]


def _workload(obj: Obj, old: Obj | None) -> Causes:
    causes: Causes = []
    spec = obj["spec"]
    replicas = spec.get("replicas", 0)
    if replicas < 0:
        text = f"Invalid value: {replicas}: must be greater than or equal to 0"
        causes.append(cause("FieldValueInvalid", "spec.replicas", text))
    selector = spec.get("selector") or {}
    labels = dig(spec, "template", "metadata", "labels") or {}
    if not selector:
        causes.append(cause("FieldValueInvalid", "spec.selector", "Invalid value: empty selector"))
    elif not selects(selector, labels):
        shown = "map[string]string{" + _pairs(labels) + "}"
        text = f"Invalid value: {shown}: `selector` does not match template `labels`"
        causes.append(cause("FieldValueInvalid", "spec.template.metadata.labels", text))
    if old is not None and old["spec"].get("selector") != selector:
        text = f"Invalid value: {selector}: field is immutable"
        causes.append(cause("FieldValueInvalid", "spec.selector", text))
    template = dig(spec, "template", "spec") or {}
    return causes + _pod_spec(template, "spec.template.spec")


def _pairs(labels: Obj) -> str:
    return ", ".join(f'"{key}":"{value}"' for key, value in sorted(labels.items()))


def _pod_spec(spec: Obj, path: str) -> Causes:
    causes: Causes = []
    if not spec.get("containers"):
        causes.append(cause("FieldValueRequired", f"{path}.containers", "Required value"))
    names = [container.get("name") for container in spec.get("containers") or ()]
    for index, name in enumerate(names):
        if name in names[:index]:
            text = f'Duplicate value: "{name}"'
            causes.append(cause("FieldValueDuplicate", f"{path}.containers[{index}].name", text))
    causes += _limits(spec, path) + _tolerations(spec, path)
    constraints = spec.get("topologySpreadConstraints") or []
    return causes + _spread(constraints, f"{path}.topologySpreadConstraints")


def _limits(spec: Obj, path: str) -> Causes:
    causes: Causes = []
    for index, container in enumerate(spec.get("containers") or ()):
        resources = container.get("resources") or {}
        limits = resources.get("limits") or {}
        for name, asked in (resources.get("requests") or {}).items():
            if name in limits and _number(asked) > _number(limits[name]):
                text = f'Invalid value: "{asked}": must be less than or equal to {name} limit of '
                text += str(limits[name])
                place = f"{path}.containers[{index}].resources.requests"
                causes.append(cause("FieldValueInvalid", place, text))
    return causes


def _number(text: str) -> Decimal:
    found: Decimal = quantity.parse_quantity(text)  # type: ignore[no-untyped-call]
    return found


def _tolerations(spec: Obj, path: str) -> Causes:
    causes: Causes = []
    for index, item in enumerate(spec.get("tolerations") or ()):
        place = f"{path}.tolerations[{index}].operator"
        exists = item.get("operator") == "Exists"
        if exists and item.get("value"):
            text = f"Invalid value: {item}: value must be empty when `operator` is 'Exists'"
            causes.append(cause("FieldValueInvalid", place, text))
        if not item.get("key") and not exists:
            text = f"Invalid value: {item}: operator must be Exists when `key` is empty, which "
            text += 'means "match all values and all keys"'
            causes.append(cause("FieldValueInvalid", place, text))
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


def _spread(constraints: Sequence[Obj], path: str) -> Causes:
    causes: Causes = []
    seen: set[tuple[str, str]] = set()
    for index, item in enumerate(constraints):
        place = f"{path}[{index}]"
        when = item.get("whenUnsatisfiable", "")
        if item.get("maxSkew", 0) <= 0:
            text = f"Invalid value: {item.get('maxSkew', 0)}: must be greater than zero"
            causes.append(cause("FieldValueInvalid", f"{place}.maxSkew", text))
        if not item.get("topologyKey"):
            text = "Required value: can not be empty"
            causes.append(cause("FieldValueRequired", f"{place}.topologyKey", text))
        if when not in ("DoNotSchedule", "ScheduleAnyway"):
            text = f'Unsupported value: "{when}": supported values: "DoNotSchedule", '
            text += '"ScheduleAnyway"'
            causes.append(cause("FieldValueNotSupported", f"{place}.whenUnsatisfiable", text))
        if "minDomains" in item and when != "DoNotSchedule":
            text = f"Invalid value: {item['minDomains']}: can only use minDomains if "
            text += "whenUnsatisfiable=DoNotSchedule"
            causes.append(cause("FieldValueInvalid", f"{place}.minDomains", text))
        pair = (item.get("topologyKey", ""), when)
        if pair in seen:
            text = f'Duplicate value: "{{{pair[0]}, {pair[1]}}}"'
            field = f"{place}.{{topologyKey, whenUnsatisfiable}}"
            causes.append(cause("FieldValueDuplicate", field, text))
        seen.add(pair)
    return causes


def _pod(obj: Obj, old: Obj | None) -> Causes:
    spec = obj["spec"]
    if old is None:
        return _pod_spec(spec, "spec")
    if _frozen(spec) != _frozen(old["spec"]):
        return [cause("FieldValueForbidden", "spec", _FROZEN_POD)]
    kept = spec.get("tolerations") or []
    if any(item not in kept for item in old["spec"].get("tolerations") or ()):
        return [cause("FieldValueForbidden", "spec.tolerations", _FROZEN_POD)]
    return []


def _frozen(spec: Obj) -> Obj:
    """The part of a pod's spec that may not change once it exists."""
    loose = ("activeDeadlineSeconds", "tolerations", "schedulingGates")
    out = {key: value for key, value in spec.items() if key not in loose}
    for group in ("containers", "initContainers"):
        out[group] = [{**item, "image": ""} for item in spec.get(group) or ()]
    return out


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
    **rules_policy.BY_STORAGE,
    "clusterrolebindings": _frozen_role_ref,
    "configmaps": _frozen_data,
    "horizontalpodautoscalers": _autoscaler,
    "leases": _lease,
    "nodes": _node,
    "poddisruptionbudgets": _budget,
    "pods": _pod,
    "rolebindings": _frozen_role_ref,
    "secrets": _frozen_data,
    "services": _service,
}
