"""What is compared to say that a world is as it was, and what is not."""

from __future__ import annotations

import copy

import pytest

from sopctl.app.trials.portrait import differences, portrait, unmarked

META = {"name": "web", "namespace": "shop", "resourceVersion": "1", "uid": "u", "generation": 1}
DEPLOYMENT = {
    "metadata": {**META, "annotations": {"deployment.kubernetes.io/revision": "1"}},
    "spec": {"replicas": 2},
    "status": {"replicas": 2},
}
NODE = {"metadata": {"name": "n"}, "spec": {"taints": [{"key": "node.kubernetes.io/not-ready"}]}}
DUMP = {
    "aws": {"a": {"desired": 1, "max": 4, "tags": {"k": ["v", True]}}},
    "kubernetes": {
        "deployments": {"shop/web": DEPLOYMENT},
        "nodes": {"/n": NODE},
        "pods": {"shop/web-1": {"metadata": {"name": "web-1"}}},
        "configmaps": {"kube-system/cluster-autoscaler-status": {"metadata": {}, "data": {}}},
    },
}


def changed(*path_and_value):
    found = copy.deepcopy(DUMP)
    *path, last, value = path_and_value
    target = found
    for part in path:
        target = target[part]
    target[last] = value
    return [each.what for each in differences(portrait(DUMP), portrait(found))]


@pytest.mark.parametrize(
    "change",
    [
        ("aws", "a", "desired", 3),
        ("kubernetes", "pods", {}),
        ("kubernetes", "nodes", {}),
        ("kubernetes", "nodes", "/n", "spec", "taints", []),
        ("kubernetes", "deployments", "shop/web", "status", {}),
        ("kubernetes", "deployments", "shop/web", "metadata", "resourceVersion", "9"),
        ("kubernetes", "configmaps", "kube-system/cluster-autoscaler-status", "data", {"x": ""}),
    ],
)
def test_what_the_world_moves_by_itself_is_no_difference(change):
    assert changed(*change) == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("aws", "a", "max", 1), "group/a max"),
        (("aws", "a", "tags", {"k": ["v", False]}), "group/a tags.k"),
        (("aws", {}), "group/a"),
        (("kubernetes", "deployments", {}), "deployments/shop/web"),
        (
            ("kubernetes", "deployments", "shop/web", "spec", "replicas", 1),
            "deployments/shop/web spec.replicas",
        ),
        (
            ("kubernetes", "nodes", "/n", "spec", "taints", [{"key": "mine"}]),
            "nodes/n spec.taints",
        ),
        (
            ("kubernetes", "nodes", "/n", "spec", "unschedulable", True),
            "nodes/n spec.unschedulable",
        ),
        (
            ("kubernetes", "nodes", "/n", "metadata", "annotations", {"sopctl.io/x": "1"}),
            "nodes/n metadata.annotations",
        ),
    ],
)
def test_what_people_write_is(change, what):
    assert changed(*change) == [what]


def test_marks_are_left_out_where_they_may_be_missing():
    marked = {"nodes/n": {"metadata": {"annotations": {"sopctl.io/held-by.x": "r"}}, "spec": {}}}
    assert unmarked(marked) == {"nodes/n": {"spec": {}}}
    kept = {"nodes/n": {"metadata": {"annotations": {"mine": "r"}}}}
    assert unmarked(kept) == kept
