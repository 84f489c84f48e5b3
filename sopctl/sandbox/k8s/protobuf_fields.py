"""Numbers and names of the protobuf fields that kubectl's commands set.

Source: the generated.proto files of k8s.io/api (apps, authentication, authorization, batch, core,
policy, rbac, scheduling) and of k8s.io/apimachinery (meta/v1, runtime, util/intstr).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "text", "texts", "bytes", "number", "flag", "int_or_string", "message", "messages", "map"
]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message; `fields` are those of the message in it."""

    name: str
    kind: Kind = "text"
    fields: Mapping[int, Field] = field(default_factory=dict)


Fields: TypeAlias = Mapping[int, Field]


def _texts(*names: str) -> Fields:
    """Consecutive text fields from number 1 on."""
    return {number: Field(name) for number, name in enumerate(names, 1)}


def _lists(*names: str) -> Fields:
    return {number: Field(name, "texts") for number, name in enumerate(names, 1)}


def _map(name: str, kind: Kind = "text") -> Field:
    return Field(name, "map", {1: Field("key"), 2: Field("value", kind)})


def _one(name: str, fields: Fields) -> Field:
    return Field(name, "message", fields)


def _many(name: str, fields: Fields) -> Field:
    return Field(name, "messages", fields)


def _amount(name: str) -> Field:
    parts = {1: Field("type", "number"), 2: Field("number", "number"), 3: Field("text")}
    return Field(name, "int_or_string", parts)


_META: Fields = {
    **_texts("name", "generateName", "namespace"),
    11: _map("labels"),
    12: _map("annotations"),
}
_OBJECT: Fields = {1: _one("metadata", _META)}
_ATTRIBUTES = _texts("namespace", "verb", "group", "version", "resource", "subresource", "name")
_ACCESS: Fields = {
    1: _one("resourceAttributes", _ATTRIBUTES),
    2: _one("nonResourceAttributes", _texts("path", "verb")),
}
_OTHERS_ACCESS: Fields = {**_ACCESS, 3: Field("user"), 4: Field("groups", "texts")}
_TOKEN: Fields = {
    1: Field("audiences", "texts"),
    3: _one("boundObjectRef", _texts("kind", "apiVersion", "name", "uid")),
    4: Field("expirationSeconds", "number"),
}
_EXPRESSION: Fields = {**_texts("key", "operator"), 3: Field("values", "texts")}
_SELECTOR: Fields = {1: _map("matchLabels"), 2: _many("matchExpressions", _EXPRESSION)}
_PORT: Fields = {
    1: Field("name"),
    2: Field("hostPort", "number"),
    3: Field("containerPort", "number"),
    4: Field("protocol"),
}
_CONTAINER: Fields = {
    **_texts("name", "image"),
    3: Field("command", "texts"),
    4: Field("args", "texts"),
    6: _many("ports", _PORT),
}
_POD: Fields = {2: _many("containers", _CONTAINER), 3: Field("restartPolicy")}
_TEMPLATE: Fields = {**_OBJECT, 2: _one("spec", _POD)}
_DEPLOYMENT: Fields = {
    1: Field("replicas", "number"),
    2: _one("selector", _SELECTOR),
    3: _one("template", _TEMPLATE),
}
_BUDGET: Fields = {
    1: _amount("minAvailable"),
    2: _one("selector", _SELECTOR),
    3: _amount("maxUnavailable"),
}
_ROLE: Fields = {
    **_OBJECT,
    2: _many("rules", _lists("verbs", "apiGroups", "resources", "resourceNames")),
}
_BINDING: Fields = {
    **_OBJECT,
    2: _many("subjects", _texts("kind", "apiGroup", "name", "namespace")),
    3: _one("roleRef", _texts("apiGroup", "kind", "name")),
}

UNKNOWN: Fields = {1: _one("typeMeta", _texts("apiVersion", "kind"))}
MESSAGES: Mapping[str, Fields] = {
    "ClusterRole": _ROLE,
    "ClusterRoleBinding": _BINDING,
    "ConfigMap": {**_OBJECT, 2: _map("data"), 3: _map("binaryData", "bytes")},
    "Deployment": {**_OBJECT, 2: _one("spec", _DEPLOYMENT)},
    "Job": {**_OBJECT, 2: _one("spec", {6: _one("template", _TEMPLATE)})},
    "Namespace": _OBJECT,
    "PodDisruptionBudget": {**_OBJECT, 2: _one("spec", _BUDGET)},
    "PriorityClass": {
        **_OBJECT,
        2: Field("value", "number"),
        3: Field("globalDefault", "flag"),
        4: Field("description"),
        5: Field("preemptionPolicy"),
    },
    "Role": _ROLE,
    "RoleBinding": _BINDING,
    "Secret": {**_OBJECT, 2: _map("data", "bytes"), 3: Field("type"), 4: _map("stringData")},
    "LocalSubjectAccessReview": {1: _one("metadata", _META), 2: _one("spec", _OTHERS_ACCESS)},
    "SelfSubjectAccessReview": {2: _one("spec", _ACCESS)},
    "SelfSubjectReview": {},
    "SelfSubjectRulesReview": {2: _one("spec", _texts("namespace"))},
    "ServiceAccount": _OBJECT,
    "SubjectAccessReview": {2: _one("spec", _OTHERS_ACCESS)},
    "TokenRequest": {2: _one("spec", _TOKEN)},
    "TokenReview": {2: _one("spec", {1: Field("token"), 2: Field("audiences", "texts")})},
}
