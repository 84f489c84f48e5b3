"""Room for pods is counted class by class: what no pod of a class may use does not help it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sopctl.facts.objects import node, pod
from sopctl.facts.room import by_class, takes


def a_node(name, *, cpu="4", labels=None, taints=(), effect="NoSchedule", ready="True", off=False):
    found = [{"key": key, "effect": effect} for key in taints]
    return node.read(
        {
            "metadata": {"name": name, "labels": labels or {}},
            "spec": {"unschedulable": off, "taints": found},
            "status": {
                "allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "10"},
                "conditions": [{"type": "Ready", "status": ready}],
            },
        }
    )


def a_pod(where, *, cpu="1", **spec):
    asked = {"name": "c", "resources": {"requests": {"cpu": cpu}}}
    return pod.read(
        {
            "metadata": {"name": "p", "namespace": "shop"},
            "spec": {"nodeName": where, "containers": [asked], **spec},
            "status": {"phase": "Running"},
        }
    )


def test_what_others_use_is_not_free():
    nodes = [a_node("dead"), a_node("alive")]
    (found,) = by_class([a_pod("dead"), a_pod("alive", cpu="3")], nodes, {"dead"})
    assert (found.need["cpu"], found.free["cpu"]) == (Decimal(1), Decimal(1))
    assert found.short == ()


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"taints": ("spot",)},
        {"ready": "Unknown"},
        {"off": True},
        {"cpu": "0.5"},
    ],
)
def test_nodes_that_do_not_take_them_have_no_room(elsewhere):
    nodes = [a_node("dead"), a_node("alive", **elsewhere)]
    (found,) = by_class([a_pod("dead")], nodes, {"dead"})
    assert "cpu" in found.short


def test_a_taint_that_only_prefers_others_is_no_bar():
    """The autoscaler has such a one on every node that it may remove: the idle ones, with room."""
    idle = a_node("idle", taints=("DeletionCandidate",), effect="PreferNoSchedule")
    (found,) = by_class([a_pod("dead")], [a_node("dead"), idle], {"dead"})
    assert found.short == ()


def test_what_a_node_takes_does_not_depend_on_how_full_it_is():
    pod = a_pod("somewhere")
    assert takes(a_node("full", cpu="0"), pod)
    assert not takes(a_node("off", off=True), pod)
    assert not takes(a_node("silent", ready="Unknown"), pod)
    assert not takes(a_node("other", taints=("gpu",)), pod)


def test_classes_are_counted_apart():
    """The sum over the cluster would say that there is room for all."""
    nodes = [a_node("dead"), a_node("spot", labels={"lifecycle": "spot"}, taints=("spot",))]
    tolerating = {"tolerations": [{"key": "spot"}], "nodeSelector": {"lifecycle": "spot"}}
    plain, spot = by_class([a_pod("dead"), a_pod("dead", **tolerating)], nodes, {"dead"})
    assert (plain.name, plain.short) == ("any node", ("cpu", "pods"))
    assert (spot.name, spot.short) == ("nodes with lifecycle=spot that may have spot", ())


def test_pods_of_daemons_do_not_move():
    daemon = pod.read(
        {
            "metadata": {
                "name": "p",
                "namespace": "shop",
                "ownerReferences": [
                    {"kind": "DaemonSet", "name": "d", "uid": "1", "controller": True}
                ],
            },
            "spec": {"nodeName": "dead", "containers": []},
        }
    )
    assert by_class([daemon], [a_node("dead")], {"dead"}) == []
