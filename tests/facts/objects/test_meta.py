from __future__ import annotations

import pytest

from sopctl.facts.objects import meta


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        (None, False),
        ({}, True),
        ({"matchLabels": {"app": "web"}}, True),
        ({"matchLabels": {"app": "db"}}, False),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, False),
        ({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["x"]}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, False),
    ],
)
def test_selectors_select_as_the_api_says(selector, selected):
    assert meta.selects(selector, {"app": "web"}) is selected


def test_only_the_controller_among_the_owners_counts():
    obj = {
        "metadata": {
            "ownerReferences": [
                {"kind": "Node", "name": "n", "uid": "u-1"},
                {"kind": "ReplicaSet", "name": "r", "uid": "u-2", "controller": True},
            ]
        }
    }
    assert meta.controller(obj) == meta.Owner(kind="ReplicaSet", name="r", uid="u-2")
    assert meta.controller({"metadata": {}}) is None


@pytest.mark.parametrize(
    ("metadata", "who"),
    [
        ({}, ""),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "a:b"}}, "Argo CD"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}, "Flux"),
    ],
)
def test_gitops_controllers_are_known_by_their_signs(metadata, who):
    assert meta.keeper({"metadata": metadata}) == who


def test_a_cluster_scoped_name_has_no_namespace():
    assert meta.full_name({"metadata": {"name": "n"}}) == "n"
    assert meta.full_name({"metadata": {"name": "n", "namespace": "s"}}) == "s/n"
