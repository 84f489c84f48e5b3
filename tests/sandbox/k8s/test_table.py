from __future__ import annotations

from datetime import timedelta

import pytest

from sopctl.sandbox.k8s.columns import BY_STORAGE
from sopctl.sandbox.k8s.objects import stamp
from sopctl.sandbox.k8s.table import age, render
from tests.sandbox.k8s.clients import pod
from tests.sandbox.k8s.conftest import NOON


@pytest.mark.parametrize(
    ("elapsed", "text"),
    [
        (timedelta(seconds=119), "119s"),
        (timedelta(minutes=2), "2m"),
        (timedelta(minutes=5, seconds=7), "5m7s"),
        (timedelta(minutes=45), "45m"),
        (timedelta(hours=5, minutes=30), "5h30m"),
        (timedelta(hours=30), "30h"),
        (timedelta(days=90), "90d"),
        (timedelta(days=1000), "2y"),
    ],
)
def test_ages_are_abbreviated_as_kubectl_does(elapsed, text):
    assert age(stamp(NOON - elapsed), NOON) == text


def cells(cluster, resource, obj):
    shown = render(cluster.registry.named(resource), [obj], {}, "None", NOON)
    heads = [column["name"] for column in shown["columnDefinitions"]]
    return dict(zip(heads, shown["rows"][0]["cells"], strict=True))


def test_a_pod_says_why_it_does_not_run(cluster):
    obj = cluster.create("pods", pod(node="n1"))
    assert cells(cluster, "pods", obj)["Status"] == "Pending"
    waiting = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 4}
    obj["status"]["containerStatuses"] = [waiting]
    shown = cells(cluster, "pods", obj)
    assert (shown["Status"], shown["Restarts"], shown["Ready"]) == ("CrashLoopBackOff", "4", "0/1")
    obj["metadata"]["deletionTimestamp"] = "2026-06-01T12:00:00Z"
    assert cells(cluster, "pods", obj)["Status"] == "Terminating"


def test_the_object_is_included_as_asked(cluster):
    obj = cluster.create("pods", pod())
    kind = cluster.registry.named("pods")
    whole = render(kind, [obj], {}, "Object", NOON)["rows"][0]["object"]
    part = render(kind, [obj], {}, "Metadata", NOON)["rows"][0]["object"]
    assert whole == obj
    assert part["kind"] == "PartialObjectMetadata"
    assert "spec" not in part


@pytest.mark.parametrize("storage", sorted(BY_STORAGE))
def test_every_kind_can_be_shown_bare(cluster, storage):
    kind = cluster.registry.named(storage)
    bare = {"metadata": {"name": "x", "creationTimestamp": stamp(NOON)}}
    if storage.endswith("rolebindings"):
        bare["roleRef"] = {"kind": "Role", "name": "r"}
    shown = render(kind, [bare], {}, "None", NOON)
    assert len(shown["rows"][0]["cells"]) == len(shown["columnDefinitions"])


def test_policies_and_their_bindings_say_what_they_use(cluster):
    spec = {
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "matchConstraints": {"resourceRules": [{"operations": ["CREATE"], "resources": ["pods"]}]},
        "validations": [{"expression": "true"}, {"expression": "true"}],
    }
    policy = {"metadata": {"name": "few"}, "spec": spec}
    made = cluster.create("validatingadmissionpolicies", policy)
    shown = cells(cluster, "validatingadmissionpolicies", made)
    assert (shown["Validations"], shown["ParamKind"]) == (2, "v1/ConfigMap")
    reference = {"name": "limits", "namespace": "team", "parameterNotFoundAction": "Deny"}
    bound = {"policyName": "few", "validationActions": ["Deny"], "paramRef": reference}
    binding = {"metadata": {"name": "here"}, "spec": bound}
    made = cluster.create("validatingadmissionpolicybindings", binding)
    shown = cells(cluster, "validatingadmissionpolicybindings", made)
    assert (shown["PolicyName"], shown["ParamRef"]) == ("few", "team/limits")


def test_secrets_and_roles_show_no_content(cluster):
    meta = {"name": "token", "namespace": "default"}
    secret = cluster.create("secrets", {"metadata": meta, "stringData": {"a": "x", "b": "y"}})
    shown = cells(cluster, "secrets", secret)
    assert (shown["Type"], shown["Data"]) == ("Opaque", 2)
    role = cluster.get("clusterroles", "view")
    assert cells(cluster, "clusterroles", role) == {
        "Name": "view",
        "Created At": "2026-06-01T12:00:00Z",
    }
