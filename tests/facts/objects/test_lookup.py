from __future__ import annotations

from sopctl.core.resource import ResourceId
from sopctl.facts.objects.lookup import lookup


def ids(stage, *names):
    found = {each["metadata"]["name"]: each for each in stage.cluster.list("nodes")}
    return [ResourceId("k8s.node", n, found[n]["metadata"]["uid"], "part") for n in names]


def reads(stage):
    return [call.path for call in stage.local.kube.calls]


def test_a_few_objects_are_read_one_by_one(stage):
    wanted = ids(stage, "a0", "a1")
    assert set(lookup(stage.clients.k8s, wanted)) == set(wanted)
    assert reads(stage) == ["/api/v1/nodes/a0", "/api/v1/nodes/a1"]


def test_many_objects_are_one_list(stage):
    wanted = ids(stage, "a0", "a1", "b0", "b1")
    assert set(lookup(stage.clients.k8s, wanted)) == set(wanted)
    assert reads(stage) == ["/api/v1/nodes"]


def test_two_parts_of_one_object_are_one_read(stage):
    (one,) = ids(stage, "a0")
    other = ResourceId(one.kind, one.name, one.incarnation, "another part")
    assert set(lookup(stage.clients.k8s, [one, other])) == {one, other}
    assert reads(stage) == ["/api/v1/nodes/a0"]


def test_what_is_gone_or_another_one_by_now_is_left_out(stage):
    missing = ResourceId("k8s.node", "zz", "uid")
    later = ResourceId("k8s.node", "a0", "another-uid")
    assert lookup(stage.clients.k8s, [missing, later]) == {}


def test_without_an_incarnation_any_of_that_name_will_do(stage):
    anyone = ResourceId("k8s.node", "a0")
    assert lookup(stage.clients.k8s, [anyone])[anyone]["metadata"]["name"] == "a0"
