"""What `kubectl get` shows of rights, secrets and admission policies.

Source: pkg/printers/internalversion/printers.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sopctl.sandbox.k8s.columns import Column
from sopctl.sandbox.k8s.objects import Json, Obj, dig

_UNSET = "<unset>"
_NAME = Column(name="Name", value=lambda obj: obj["metadata"]["name"], format="name")
_AGE = Column(name="Age", value=lambda obj: obj["metadata"]["creationTimestamp"], type="date")
_CREATED = Column(name="Created At", value=lambda obj: obj["metadata"]["creationTimestamp"])


def _count(name: str, *path: str) -> Column:
    return Column(name=name, value=lambda obj: len(dig(obj, *path) or ()), type="integer")


def _made(name: str, value: Callable[[Obj], Json]) -> Column:
    return Column(name=name, value=value)


def _param_kind(policy: Obj) -> str:
    kind = dig(policy, "spec", "paramKind")
    return f"{kind['apiVersion']}/{kind['kind']}" if kind else _UNSET


def _param_reference(binding: Obj) -> str:
    reference = dig(binding, "spec", "paramRef") or {}
    if reference.get("name"):
        return "/".join(filter(None, (reference.get("namespace"), reference["name"])))
    labels = dig(reference, "selector", "matchLabels") or {}
    return ",".join(f"{key}={value}" for key, value in labels.items()) or _UNSET


_BINDING = (
    _NAME,
    _made("PolicyName", lambda obj: obj["spec"]["policyName"]),
    _made("ParamRef", _param_reference),
    _AGE,
)
_WEBHOOKS = (_NAME, _count("Webhooks", "webhooks"), _AGE)

BY_STORAGE: Mapping[str, tuple[Column, ...]] = {
    "clusterroles": (_NAME, _CREATED),
    "mutatingadmissionpolicies": (
        _NAME,
        _count("Mutations", "spec", "mutations"),
        _made("ParamKind", _param_kind),
        _AGE,
    ),
    "mutatingadmissionpolicybindings": _BINDING,
    "mutatingwebhookconfigurations": _WEBHOOKS,
    "roles": (_NAME, _CREATED),
    "secrets": (
        _NAME,
        _made("Type", lambda obj: obj.get("type", "")),
        _count("Data", "data"),
        _AGE,
    ),
    "serviceaccounts": (_NAME, _count("Secrets", "secrets"), _AGE),
    "validatingadmissionpolicies": (
        _NAME,
        _count("Validations", "spec", "validations"),
        _made("ParamKind", _param_kind),
        _AGE,
    ),
    "validatingadmissionpolicybindings": _BINDING,
    "validatingwebhookconfigurations": _WEBHOOKS,
}
