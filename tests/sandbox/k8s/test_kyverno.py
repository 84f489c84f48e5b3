"""Kyverno's MutatingPolicies, and a scheduling webhook of one's own, at admission."""

from __future__ import annotations

import copy

import pytest

from sopctl.sandbox.k8s.cluster import ApiError, Write
from sopctl.sandbox.world.seed import admission
from tests.sandbox.k8s.clients import pod, spread

POLICIES = "mutatingpolicies.policies.kyverno.io"
HARD = "object.spec.topologySpreadConstraints.filter(c, c.whenUnsatisfiable != 'DoNotSchedule')"
DROP = {
    "metadata": {"name": "drop"},
    "spec": {
        "matchConstraints": {
            "resourceRules": [
                {
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "operations": ["CREATE"],
                    "resources": ["pods"],
                }
            ]
        },
        "mutations": [
            {
                "patchType": "JSONPatch",
                "jsonPatch": {
                    "expression": '[JSONPatch{op: "replace", '
                    f'path: "/spec/topologySpreadConstraints", value: {HARD}}}]'
                },
            }
        ],
    },
}


@pytest.fixture
def kyverno(cluster):
    for resource, obj in admission.kyverno():
        cluster.create(resource, obj)
    return cluster


def policy(cluster, **spec):
    body = copy.deepcopy(DROP)
    body["spec"] |= spec
    return cluster.create(POLICIES, body)


def rules(obj):
    return [one["whenUnsatisfiable"] for one in obj["spec"].get("topologySpreadConstraints") or ()]


def hard(**more):
    return pod(topologySpreadConstraints=[spread()], **more)


def test_a_policy_counts_without_a_binding_in_dry_runs_too(kyverno):
    policy(kyverno)
    assert rules(kyverno.create("pods", hard(), Write(dry_run=True))) == []
    assert rules(kyverno.create("pods", hard())) == []


@pytest.mark.parametrize(
    ("evaluation", "left"),
    [
        ({"admission": {"enabled": False}}, ["DoNotSchedule"]),
        ({"admission": {"enabled": True}}, []),
        ({"background": {"enabled": False}}, []),
    ],
)
def test_its_admission_is_on_unless_it_is_switched_off(kyverno, evaluation, left):
    policy(kyverno, evaluation=evaluation)
    assert rules(kyverno.create("pods", hard())) == left


def test_one_that_fails_lets_pods_through_only_if_it_says_so(kyverno):
    broken = [{"patchType": "JSONPatch", "jsonPatch": {"expression": "object.spec.nothing"}}]
    policy(kyverno, mutations=broken, failurePolicy="Ignore")
    assert rules(kyverno.create("pods", hard())) == ["DoNotSchedule"]
    kyverno.patch(POLICIES, "drop", {"spec": {"failurePolicy": None}})
    with pytest.raises(ApiError, match="denied"):
        kyverno.create("pods", pod(name="web-2"))


def test_where_kyverno_is_not_there_is_nothing(cluster):
    assert rules(cluster.create("pods", hard())) == ["DoNotSchedule"]
