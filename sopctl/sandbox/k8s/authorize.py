"""Who may do what: RBAC over the stored roles and bindings.

Source: plugin/pkg/auth/authorizer/rbac/rbac.go. Members of system:masters may do everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.k8s.request import User
from sopctl.sandbox.k8s.store import Store

_MASTERS = "system:masters"
# What everybody may do: look at the API itself and ask about themselves (system:basic-user,
# system:discovery).
_BASIC: tuple[Obj, ...] = (
    {
        "apiGroups": ["authorization.k8s.io"],
        "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
        "verbs": ["create"],
    },
    {
        "apiGroups": ["authentication.k8s.io"],
        "resources": ["selfsubjectreviews"],
        "verbs": ["create"],
    },
)
_EVERYTHING: Obj = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """What somebody wants to do to a resource."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""


def allowed(store: Store, user: User, wanted: Attributes) -> bool:
    """Whether some rule of the user's roles covers the attributes."""
    return any(_covers(rule, wanted) for rule in rules_of(store, user, wanted.namespace))


def rules_of(store: Store, user: User, namespace: str) -> Iterator[Obj]:
    """The policy rules that hold for a user in a namespace."""
    if _MASTERS in user.groups:
        yield _EVERYTHING
        return
    yield from _BASIC
    for binding in store.table("clusterrolebindings").values():
        yield from _granted(store, user, binding, "")
    for key, binding in store.table("rolebindings").items():
        if namespace and key[0] == namespace:
            yield from _granted(store, user, binding, namespace)


def _granted(store: Store, user: User, binding: Obj, namespace: str) -> Iterable[Obj]:
    if not any(_is(subject, user) for subject in binding.get("subjects") or ()):
        return ()
    reference = binding["roleRef"]
    if reference["kind"] == "ClusterRole":
        role = store.get("clusterroles", ("", reference["name"]))
    else:
        role = store.get("roles", (namespace, reference["name"]))
    return (role or {}).get("rules") or ()


def _is(subject: Obj, user: User) -> bool:
    match subject.get("kind"):
        case "User":
            return bool(subject["name"] == user.name)
        case "Group":
            return subject["name"] in user.groups
        case "ServiceAccount":
            name = f"system:serviceaccount:{subject.get('namespace', '')}:{subject['name']}"
            return name == user.name
        case _:
            return False


def _covers(rule: Obj, wanted: Attributes) -> bool:
    resource = wanted.resource
    if wanted.subresource:
        resource += f"/{wanted.subresource}"
    resources = rule.get("resources") or ()
    names = rule.get("resourceNames")
    return (
        _in(wanted.verb, rule.get("verbs") or ())
        and _in(wanted.group, rule.get("apiGroups") or ())
        and (_in(resource, resources) or f"*/{wanted.subresource}" in resources)
        and (not names or wanted.name in names)
    )


def _in(value: str, choices: Iterable[str]) -> bool:
    choices = tuple(choices)
    return "*" in choices or value in choices
