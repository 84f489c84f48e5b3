"""The semantic validation of admission policies and their bindings.

Source: pkg/apis/admissionregistration/validation/validation.go of Kubernetes 1.36; a selection.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sopctl.sandbox.k8s.errors import cause
from sopctl.sandbox.k8s.objects import Obj

_ACTIONS = ("Audit", "Deny", "Warn")
_MOST_CONDITIONS = 64


def _required(field: str, text: str = "Required value") -> Obj:
    return cause("FieldValueRequired", field, text)


def _policy(obj: Obj, _: Obj | None) -> list[Obj]:
    spec = obj["spec"]
    causes: list[Obj] = []
    if not (spec.get("matchConstraints") or {}).get("resourceRules"):
        causes.append(_required("spec.matchConstraints.resourceRules"))
    conditions = spec.get("matchConditions") or ()
    if len(conditions) > _MOST_CONDITIONS:
        text = f"Too many: {len(conditions)}: must have at most {_MOST_CONDITIONS} items"
        causes.append(cause("FieldValueTooMany", "spec.matchConditions", text))
    names = [item.get("name", "") for item in conditions]
    for index, name in enumerate(names):
        if name in names[:index]:
            place = f"spec.matchConditions[{index}].name"
            causes.append(cause("FieldValueDuplicate", place, f'Duplicate value: "{name}"'))
    return causes


def _validating(obj: Obj, old: Obj | None) -> list[Obj]:
    causes = _policy(obj, old)
    if not obj["spec"].get("validations") and not obj["spec"].get("auditAnnotations"):
        text = "Required value: validations or auditAnnotations must contain at least one item"
        causes.append(_required("spec.validations", text))
    return causes


def _mutating(obj: Obj, old: Obj | None) -> list[Obj]:
    causes = _policy(obj, old)
    if not obj["spec"].get("mutations"):
        text = "Required value: mutations must contain at least one item"
        causes.append(_required("spec.mutations", text))
    return causes


def _binding(obj: Obj, _: Obj | None) -> list[Obj]:
    spec = obj["spec"]
    causes = [] if spec.get("policyName") else [_required("spec.policyName")]
    reference = spec.get("paramRef")
    if reference is None:
        return causes
    if bool(reference.get("name")) is (reference.get("selector") is not None):
        text = "one of name or selector must be specified, and not both"
        causes.append(_required("spec.paramRef", f"Required value: {text}"))
    if not reference.get("parameterNotFoundAction"):
        causes.append(_required("spec.paramRef.parameterNotFoundAction"))
    return causes


def _validating_binding(obj: Obj, old: Obj | None) -> list[Obj]:
    causes = _binding(obj, old)
    actions, place = obj["spec"].get("validationActions") or [], "spec.validationActions"
    if not actions:
        text = "Required value: at least one validation action is required"
        causes.append(_required(place, text))
    for index, action in enumerate(actions):
        if action not in _ACTIONS:
            supported = ", ".join(f'"{choice}"' for choice in _ACTIONS)
            text = f'Unsupported value: "{action}": supported values: {supported}'
            causes.append(cause("FieldValueNotSupported", f"{place}[{index}]", text))
    if {"Deny", "Warn"} <= set(actions):
        text = f"Invalid value: {actions}: must not contain both Deny and Warn (repeating the same "
        text += "validation failure information in the API response and headers serves no purpose)"
        causes.append(cause("FieldValueInvalid", place, text))
    return causes


BY_STORAGE: Mapping[str, Callable[[Obj, Obj | None], list[Obj]]] = {
    "mutatingadmissionpolicies": _mutating,
    "mutatingadmissionpolicybindings": _binding,
    "validatingadmissionpolicies": _validating,
    "validatingadmissionpolicybindings": _validating_binding,
}
