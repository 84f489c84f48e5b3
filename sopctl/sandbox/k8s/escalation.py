"""Nobody grants more than they may do themselves.

Source: pkg/registry/rbac/{role,rolebinding}/policybased/storage.go, validation/rule.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sopctl.sandbox.k8s.authorize import Attributes, allowed, covers, rules_of
from sopctl.sandbox.k8s.errors import forbidden, not_found
from sopctl.sandbox.k8s.kinds import ResourceType
from sopctl.sandbox.k8s.objects import Obj
from sopctl.sandbox.k8s.request import User
from sopctl.sandbox.k8s.store import Store
from sopctl.sandbox.k8s.writer import Write

_GROUP = "rbac.authorization.k8s.io"
_ROLES = frozenset({"clusterroles", "roles"})
_BINDINGS = frozenset({"clusterrolebindings", "rolebindings"})


class Escalation:
    """Asked about every write of a role or binding; controllers' own writes are not looked at."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(
        self, kind: ResourceType, obj: Obj | None, _: Obj | None, write: Write, path: str
    ) -> None:
        """ApiError 403 for a role, or a binding to one, that grants more than its writer may do.

        The rights `escalate` on roles and `bind` on the role that is bound lift this.
        """
        if kind.group != _GROUP or obj is None or path or write.internal:
            return
        user = User(name=write.user, groups=write.groups)
        namespace = obj["metadata"].get("namespace", "")
        if kind.storage in _ROLES:
            lifting = ("escalate", kind.plural, obj["metadata"].get("name", ""))
        elif kind.storage in _BINDINGS:
            reference = obj["roleRef"]
            plural = "clusterroles" if reference["kind"] == "ClusterRole" else "roles"
            lifting = ("bind", plural, reference["name"])
        else:
            return
        verb, resource, name = lifting
        lifted = Attributes(
            verb=verb, group=_GROUP, resource=resource, namespace=namespace, name=name
        )
        if allowed(self._store, user, lifted):
            return
        rules = obj.get("rules") or ()
        if verb == "bind":
            rules = self._rules(resource, namespace, name)
        held = list(rules_of(self._store, user, namespace))
        missing = [rule for rule in rules if not _is_held(held, rule)]
        if missing:
            name = obj["metadata"].get("name", "")
            raise forbidden(kind.resource, name, _refusal(user, missing))

    def _rules(self, resource: str, namespace: str, name: str) -> Iterable[Obj]:
        role = self._store.get(resource, ("" if resource == "clusterroles" else namespace, name))
        if role is None:
            raise not_found(f"{resource}.{_GROUP}", name)
        rules: Iterable[Obj] = role.get("rules") or ()
        return rules


def _refusal(user: User, missing: list[Obj]) -> str:
    groups = " ".join(f'"{group}"' for group in user.groups)
    text = f'user "{user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions not '
    return text + "currently held:\n" + "\n".join(map(_described, missing))


def _is_held(held: list[Obj], rule: Obj) -> bool:
    return all(any(covers(each, wanted) for each in held) for wanted in _parts(rule))


def _parts(rule: Obj) -> Iterator[Attributes]:
    """Every single right that a rule grants."""
    for verb in rule.get("verbs") or ():
        for path in rule.get("nonResourceURLs") or ():
            yield Attributes(verb=verb, path=path)
        for group in rule.get("apiGroups") or ():
            for full in rule.get("resources") or ():
                resource, _, subresource = full.partition("/")
                for name in rule.get("resourceNames") or ("",):
                    yield Attributes(
                        verb=verb,
                        group=group,
                        resource=resource,
                        subresource=subresource,
                        name=name,
                    )


def _described(rule: Obj) -> str:
    """A rule as the refusal prints it: `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`."""
    parts = (
        ("NonResourceURLs", rule.get("nonResourceURLs")),
        ("APIGroups", rule.get("apiGroups")),
        ("Resources", rule.get("resources")),
        ("ResourceNames", rule.get("resourceNames")),
        ("Verbs", rule.get("verbs")),
    )
    texts = [
        f"{name}:[" + " ".join(f'"{value}"' for value in values) + "]"
        for name, values in parts
        if values
    ]
    return "{" + ", ".join(texts) + "}"
