from __future__ import annotations

import pytest

from sopctl.core.action import Change
from sopctl.core.resource import ABSENT, Observed, ResourceId
from sopctl.facts import groups
from sopctl.marks import asg_tag
from sopctl.marks.annotation import AnnotationMarker
from sopctl.marks.by_kind import Beside, ByKind
from tests import laws
from tests.local import local_world

CALL = laws.call()


@pytest.fixture
def local(tmp_path):
    with local_world(tmp_path) as local:
        local.group("web", "us-east-1a")
        local.cluster.create("nodes", {"metadata": {"name": "n"}})
        yield local


def change_of(kind, name, incarnation=""):
    return Change(ResourceId(kind, name, incarnation, "part"), Observed(ABSENT), ABSENT)


def test_each_kind_is_marked_in_its_own_way(local):
    marker = ByKind({"k8s.node": AnnotationMarker("test"), "aws.asg": asg_tag.MARKER})
    arn = groups.named(local.clients.aws, ["web"])["web"].arn
    marks = [
        marker.name(change_of("k8s.node", "n"), "run-1"),
        marker.name(change_of("aws.asg", "web", arn), "run-1"),
    ]
    assert set(marker.read(local.clients, marks).values()) == {None}
    marker.write(CALL, local.clients, marks)
    assert marker.read(local.clients, marks) == {mark: mark.value for mark in marks}
    assert "sopctl.io/held-by.test" in local.cluster.get("nodes", "n")["metadata"]["annotations"]
    marker.remove(CALL, local.clients, marks)
    assert set(marker.read(local.clients, marks).values()) == {None}


def test_what_is_not_there_yet_is_marked_beside(local):
    binding = ResourceId("k8s.spread_binding", "b")
    node = ResourceId("k8s.node", "n")
    marker = Beside(binding, node, AnnotationMarker("test"))
    mark = marker.name(Change(binding, Observed(ABSENT), ABSENT), "run-1")
    assert mark.resource == node
    marker.write(CALL, local.clients, [mark])
    assert marker.read(local.clients, [mark]) == {mark: "run-1"}
    marker.remove(CALL, local.clients, [mark])
    assert marker.read(local.clients, [mark]) == {mark: None}


def test_other_resources_are_marked_themselves():
    marker = Beside(ResourceId("k", "b"), ResourceId("k", "c"), AnnotationMarker("test"))
    assert marker.name(change_of("k8s.node", "n"), "run-1").resource.name == "n"
