"""Who may do what: RBAC over the stored roles and bindings.

Source: plugin/pkg/auth/authorizer/rbac/rbac.go, pkg/registry/rbac/validation/rule.go and
bootstrappolicy/policy.go. Members of system:masters may do everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.k8s.request import User
from sopctl.sandbox.k8s.store import Store

_MASTERS = "system:masters"
# What everybody may do: look at the API itself and ask about themselves (system:basic-user,
# system:discovery, system:public-info-viewer).
_OPEN_PATHS = ("/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*")
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
    {"nonResourceURLs": [*_OPEN_PATHS, "/readyz", "/version", "/version/"], "verbs": ["get"]},
)
_EVERYTHING: tuple[Obj, ...] = (
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """What somebody wants to do to a resource, or to a `path` that is none."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


def allowed(store: Store, user: User, wanted: Attributes) -> bool:
    """Whether some rule of the user's roles covers the attributes."""
    return why_allowed(store, user, wanted) is not None


def why_allowed(store: Store, user: User, wanted: Attributes) -> str | None:
    """The reason as a review words it, None when no rule covers the attributes."""
    for rule, reason in _grants(store, user, wanted.namespace):
        if covers(rule, wanted):
            return reason
    return None


def rules_of(store: Store, user: User, namespace: str) -> Iterator[Obj]:
    """The policy rules that hold for a user in a namespace."""
    return (rule for rule, _ in _grants(store, user, namespace))


def covers(rule: Obj, wanted: Attributes) -> bool:
    """Whether one policy rule allows what is wanted."""
    if not _in(wanted.verb, rule.get("verbs") or ()):
        return False
    if wanted.path:
        return any(_is_below(wanted.path, each) for each in rule.get("nonResourceURLs") or ())
    resource = wanted.resource
    if wanted.subresource:
        resource += f"/{wanted.subresource}"
    resources = rule.get("resources") or ()
    names = rule.get("resourceNames")
    return (
        _in(wanted.group, rule.get("apiGroups") or ())
        and (_in(resource, resources) or f"*/{wanted.subresource}" in resources)
        and (not names or wanted.name in names)
    )


def _grants(store: Store, user: User, namespace: str) -> Iterator[tuple[Obj, str]]:
    """(rule, why it holds) for everything that a user is granted."""
    if _MASTERS in user.groups:
        yield from ((rule, "") for rule in _EVERYTHING)
    yield from ((rule, _basic_reason(rule)) for rule in _BASIC)
    for binding in store.table("clusterrolebindings").values():
        yield from _granted(store, user, binding, "")
    for key, binding in store.table("rolebindings").items():
        if namespace and key[0] == namespace:
            yield from _granted(store, user, binding, namespace)


def _basic_reason(rule: Obj) -> str:
    role = "system:discovery" if "nonResourceURLs" in rule else "system:basic-user"
    group = 'Group "system:authenticated"'
    return f'RBAC: allowed by ClusterRoleBinding "{role}" of ClusterRole "{role}" to {group}'


def _granted(store: Store, user: User, binding: Obj, namespace: str) -> Iterator[tuple[Obj, str]]:
    subject = next((each for each in binding.get("subjects") or () if _is(each, user)), None)
    if subject is None:
        return
    reference = binding["roleRef"]
    if reference["kind"] == "ClusterRole":
        role = store.get("clusterroles", ("", reference["name"]))
    else:
        role = store.get("roles", (namespace, reference["name"]))
    name = binding["metadata"]["name"]
    place = f'RoleBinding "{name}/{namespace}"' if namespace else f'ClusterRoleBinding "{name}"'
    whom = f'{subject["kind"]} "{_subject_name(subject)}"'
    reason = f'RBAC: allowed by {place} of {reference["kind"]} "{reference["name"]}" to {whom}'
    yield from ((rule, reason) for rule in (role or {}).get("rules") or ())


def _subject_name(subject: Obj) -> str:
    if subject["kind"] == "ServiceAccount":
        return f"{subject['name']}/{subject.get('namespace', '')}"
    return str(subject["name"])


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


def _is_below(path: str, pattern: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


def _in(value: str, choices: Iterable[str]) -> bool:
    choices = tuple(choices)
    return "*" in choices or value in choices
