"""The roles that every cluster has for people: cluster-admin, admin, edit and view.

Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go. Written for the resources that
are served here; aggregation into them is not modelled.
"""

from __future__ import annotations

from collections.abc import Iterator

from sopctl.sandbox.k8s.kinds import Registry
from sopctl.sandbox.k8s.objects import Obj

_READ = ["get", "list", "watch"]
_WRITE = ["create", "delete", "deletecollection", "patch", "update"]
_RBAC = "rbac.authorization.k8s.io"
_SECRETIVE = frozenset({"secrets"})  # reading one would be more than viewing
_ADMINS_ONLY = frozenset({"limitranges", "resourcequotas"})  # editors may read them
_REVIEWS = frozenset({"localsubjectaccessreviews"})
_OTHERS = ("csistoragecapacities",)


def builtin_roles(registry: Registry) -> Iterator[tuple[str, Obj]]:
    """(plural, object) of the roles, and of the one binding that comes with them."""
    groups: dict[str, list[str]] = {}
    for kind in registry.types():
        ordinary = kind.namespaced and kind.plural not in (*_REVIEWS, *_OTHERS)
        if ordinary and kind.group != _RBAC and kind.custom is None:
            groups.setdefault(kind.group, []).append(kind.plural)
            groups[kind.group] += [f"{kind.plural}/{sub}" for sub in kind.subresources]
    view = [_rule(group, _without(names, _SECRETIVE), _READ) for group, names in groups.items()]
    edit = [
        *view,
        *(
            _rule(group, _without(names, _ADMINS_ONLY), [*_READ, *_WRITE])
            for group, names in groups.items()
        ),
    ]
    admin = [
        *edit,
        _rule(_RBAC, ["rolebindings", "roles"], [*_READ, *_WRITE]),
        _rule("authorization.k8s.io", ["localsubjectaccessreviews"], ["create"]),
    ]
    everything = [_rule("*", ["*"], ["*"]), {"nonResourceURLs": ["*"], "verbs": ["*"]}]
    names = {"admin": admin, "cluster-admin": everything, "edit": edit, "view": view}
    for name, rules in names.items():
        yield "clusterroles", {"metadata": _meta(name), "rules": rules}
    reference = {"apiGroup": _RBAC, "kind": "ClusterRole", "name": "cluster-admin"}
    masters = {"apiGroup": _RBAC, "kind": "Group", "name": "system:masters"}
    binding = {"metadata": _meta("cluster-admin"), "roleRef": reference, "subjects": [masters]}
    yield "clusterrolebindings", binding


def _without(names: list[str], left_out: frozenset[str]) -> list[str]:
    # Nobody but controllers writes a status or binds a pod.
    return sorted(
        name
        for name in names
        if name.partition("/")[0] not in left_out and not name.endswith(("/status", "/binding"))
    )


def _rule(group: str, resources: list[str], verbs: list[str]) -> Obj:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


def _meta(name: str) -> Obj:
    return {"name": name, "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}}
