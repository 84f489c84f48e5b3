"""State after = state before: what counts as a difference, and what the world does by itself."""

from __future__ import annotations

import copy

import pytest

from sopctl.app.proof import differences, restorable

DUMP = {
    "aws": {"web-a": {"tags": {"on": ["true", True]}, "min": 1, "max": 4, "desired": 2}},
    "kubernetes": {
        "nodes": {
            "/n1": {
                "metadata": {"name": "n1", "resourceVersion": "5", "annotations": {"a": "1"}},
                "spec": {"taints": [{"key": "dedicated", "effect": "NoSchedule"}]},
            }
        },
        "deployments": {
            "shop/web": {
                "metadata": {"name": "web", "generation": 1},
                "spec": {"replicas": 3, "template": {"spec": {"spread": "hard"}}},
            }
        },
        "pods": {"shop/web-1": {"metadata": {"name": "web-1"}, "spec": {}}},
    },
}


def compared(change):
    after = copy.deepcopy(DUMP)
    change(after)
    return differences(restorable(DUMP), restorable(after))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda d: d["aws"]["web-a"]["tags"].update(on=["true", False]),
            "asg/web-a tags.on: ['true', True] -> ['true', False]",
        ),
        (lambda d: d["aws"]["web-a"]["tags"].clear(), "tags.on: ['true', True] -> None"),
        (lambda d: d["aws"]["web-a"].update(max=5), "asg/web-a max: 4 -> 5"),
        (
            lambda d: d["kubernetes"]["nodes"]["/n1"]["spec"].update(unschedulable=True),
            "nodes//n1 spec.unschedulable: None -> True",
        ),
        (
            lambda d: d["kubernetes"]["nodes"]["/n1"]["metadata"]["annotations"].update(b="2"),
            "metadata.annotations.b: None -> 2",
        ),
        (
            lambda d: d["kubernetes"]["deployments"]["shop/web"]["spec"]["template"].clear(),
            "deployments/shop/web spec.template.spec",
        ),
        (lambda d: d["kubernetes"]["deployments"].clear(), "deployments/shop/web: is gone"),
        (
            lambda d: d["kubernetes"].update(configmaps={"sopctl-system/x": {"metadata": {}}}),
            "configmaps/sopctl-system/x: is new",
        ),
    ],
    ids=range(8),
)
def test_every_field_that_a_runbook_may_write_counts(change, said):
    found = compared(change)
    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["aws"]["web-a"].update(desired=4),
        lambda d: d["kubernetes"]["deployments"]["shop/web"]["spec"].update(replicas=9),
        lambda d: d["kubernetes"]["nodes"].clear(),
        lambda d: d["kubernetes"]["nodes"]["/n1"]["metadata"].update(resourceVersion="9"),
        lambda d: d["kubernetes"]["nodes"]["/n1"]["spec"]["taints"].append(
            {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}
        ),
        lambda d: d["kubernetes"]["pods"].clear(),
    ],
    ids=range(6),
)
def test_what_the_world_does_by_itself_does_not(change):
    assert compared(change) == []
