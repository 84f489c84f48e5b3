"""Roles of Kubernetes that allow what a runbook needs, and nothing else.

What names a namespace becomes a Role there, the rest a ClusterRole. RBAC cannot name what is only
to be created (kubernetes.io/docs/reference/access-authn-authz/rbac, "Referring to resources").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sopctl.core.codec import Json
from sopctl.core.permission import Right
from sopctl.permissions.gather import Need

GROUP: Final = "rbac.authorization.k8s.io"
Manifest = Mapping[str, Json]


def manifests(needs: Sequence[Need], name: str, subject: str) -> list[Manifest]:
    """Roles called *name* and their bindings to the group of users *subject*."""
    rights = [need.right for need in needs if not need.right.aws]
    made: list[Manifest] = []
    for namespace in sorted({each.namespace for each in rights}):
        inside = [each for each in rights if each.namespace == namespace]
        made += _role(name, namespace, rules(inside), subject)
    return made


def rules(rights: Iterable[Right]) -> list[Mapping[str, Json]]:
    """The fewest rules that can be read: what is alike in all but its resources is one."""
    verbs: dict[tuple[str, str, str, str], set[str]] = {}
    for each in rights:
        verbs.setdefault((each.path, each.group, each.resource, each.name), set()).add(each.act)
    alike: dict[tuple[str, str, str, tuple[str, ...]], list[str]] = {}
    for (path, group, resource, one), acts in verbs.items():
        alike.setdefault((path, group, one, tuple(sorted(acts))), []).append(resource)
    return [
        {"nonResourceURLs": [path], "verbs": list(acts)}
        if path
        else {
            "apiGroups": [group],
            "resources": sorted(resources),
            **({"resourceNames": [one]} if one else {}),
            "verbs": list(acts),
        }
        for (path, group, one, acts), resources in sorted(alike.items())
    ]


def _role(
    name: str, namespace: str, found: list[Mapping[str, Json]], subject: str
) -> list[Manifest]:
    kind = "Role" if namespace else "ClusterRole"
    meta: Mapping[str, Json] = {"name": name, **({"namespace": namespace} if namespace else {})}
    return [
        {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": meta, "rules": found},
        {
            "apiVersion": f"{GROUP}/v1",
            "kind": f"{kind}Binding",
            "metadata": meta,
            "roleRef": {"apiGroup": GROUP, "kind": kind, "name": name},
            "subjects": [{"apiGroup": GROUP, "kind": "Group", "name": subject}],
        },
    ]
