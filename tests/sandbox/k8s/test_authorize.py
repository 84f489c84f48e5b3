from __future__ import annotations

import pytest

from sopctl.sandbox.k8s.authorize import Attributes, allowed
from sopctl.sandbox.k8s.request import User

BOB = User(name="bob", groups=("oncall",))
GROUP = "rbac.authorization.k8s.io"


def grant(cluster, subject, *, namespace="", **rule):
    kind, where = ("Role", {"namespace": namespace}) if namespace else ("ClusterRole", {})
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]} | rule
    cluster.create(f"{kind.lower()}s", {"metadata": {"name": "r", **where}, "rules": [rule]})
    cluster.create(
        f"{kind.lower()}bindings",
        {
            "metadata": {"name": "r", **where},
            "roleRef": {"apiGroup": GROUP, "kind": kind, "name": "r"},
            "subjects": [subject],
        },
    )


def may(cluster, verb="get", resource="pods", user=BOB, **more):
    return allowed(cluster.store, user, Attributes(verb=verb, resource=resource, **more))


def test_nobody_may_anything_but_masters_everything(cluster):
    assert not may(cluster)
    assert may(cluster, "delete", "nodes", User(name="root", groups=("system:masters",)))


@pytest.mark.parametrize(
    ("subject", "granted"),
    [
        ({"kind": "User", "name": "bob"}, True),
        ({"kind": "Group", "name": "oncall"}, True),
        ({"kind": "User", "name": "eve"}, False),
    ],
)
def test_a_cluster_role_holds_everywhere_for_its_subjects(cluster, subject, granted):
    grant(cluster, subject)
    assert may(cluster, namespace="default") is granted
    assert may(cluster) is granted


def test_a_role_holds_in_its_namespace(cluster):
    grant(cluster, {"kind": "User", "name": "bob"}, namespace="default")
    assert may(cluster, namespace="default")
    assert not may(cluster, namespace="kube-system")


def test_a_rule_can_name_objects_and_subresources(cluster):
    rule = {"resources": ["pods/eviction"], "verbs": ["create"], "resourceNames": ["web-1"]}
    grant(cluster, {"kind": "User", "name": "bob"}, **rule)
    assert may(cluster, "create", subresource="eviction", name="web-1")
    assert not may(cluster, "create", subresource="eviction", name="web-2")
    assert not may(cluster, "create", name="web-1")
