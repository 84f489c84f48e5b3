"""NodePools: where they may have nodes, and whether they may have more at all."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sopctl.facts.pools import LABEL, pool, to_show

ZONE = "topology.kubernetes.io/zone"
NONE_OF_THEM = SimpleNamespace(labels={})
OF_ONE = SimpleNamespace(labels={LABEL: "cheap"})


def made(*requirements, limits=None):
    template = {"spec": {"requirements": list(requirements)}}
    return pool({"metadata": {"name": "cheap"}, "spec": {"template": template, "limits": limits}})


def zones(operator, *values):
    return {"key": ZONE, "operator": operator, "values": list(values)}


@pytest.mark.parametrize(
    ("requirements", "allowed"),
    [
        ((), "abc"),
        ((zones("In", "a", "b"),), "ab"),
        ((zones("NotIn", "a"),), "bc"),
        ((zones("In", "a", "b"), zones("NotIn", "a")), "b"),
        ((zones("In", "a", "b"), zones("In", "b", "c")), "b"),
        (({"key": ZONE, "operator": "Exists"},), "abc"),
        (({"key": "arch", "operator": "In", "values": ["amd64"]},), "abc"),
    ],
)
def test_requirements_say_in_which_zones_nodes_may_appear(requirements, allowed):
    found = made(*requirements)
    assert [zone for zone in "abc" if found.allows(zone)] == list(allowed)


@pytest.mark.parametrize(
    ("limits", "stopped"),
    [(None, False), ({"cpu": "12"}, False), ({"cpu": "0"}, True), ({"cpu": 0}, True), ({}, False)],
)
def test_a_pool_that_may_have_no_processor_is_stopped(limits, stopped):
    assert made(limits=limits).stopped is stopped


def test_a_pool_with_nothing_in_it_is_read():
    assert pool({"metadata": {"name": "bare"}}).allows("a")


def test_where_no_node_is_of_a_pool_nobody_is_asked(local):
    before = len(local.kube.calls)
    assert to_show(local.world.k8s, [NONE_OF_THEM]) == ()
    assert len(local.kube.calls) == before


def test_without_karpenter_there_are_none(local):
    assert to_show(local.world.k8s, [OF_ONE]) == ()
