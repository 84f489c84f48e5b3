"""The rules of pods, and of what makes them.

Source: pkg/apis/*/validation/validation.go of Kubernetes 1.36; a selection, not all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from kubernetes.utils import quantity

from sopctl.sandbox.k8s.errors import cause
from sopctl.sandbox.k8s.objects import Obj, dig
from sopctl.sandbox.k8s.selectors import selects

_FROZEN_POD = (
    "Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)"
)


Causes = list[Obj]


def workload(obj: Obj, old: Obj | None) -> Causes:
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
    # The official client carries no types of its own.
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


def pod(obj: Obj, old: Obj | None) -> Causes:
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
