from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopctl.actions.k8s import member
from sopctl.actions.k8s.member import Member
from sopctl.core.action import Change, ReceiptKind
from sopctl.core.resource import ResourceId
from tests import laws

PATH = ("metadata", "annotations", "x")
NAME = ResourceId("k8s.configmap", "shop/box", "", "x")


def box(stage, **metadata):
    body = {"metadata": {"name": "box", "namespace": "shop", **metadata}}
    return stage.cluster.create("configmaps", body)


def seen(stage):
    return member.observe(stage.clients, [NAME], PATH)[NAME]


def write(stage, after):
    change = Change(NAME, seen(stage), after)
    return member.write(laws.call(), stage.clients, change, PATH)


@pytest.mark.parametrize(
    "metadata",
    [{}, {"annotations": {"other": "1"}}, {"annotations": {"x": "old"}}],
    ids=["no annotations", "another one", "this one"],
)
def test_what_was_there_comes_back_exactly(stage, metadata):
    box(stage, **metadata)
    before, dump = seen(stage), stage.dump()
    assert write(stage, member.of("new", PATH)).kind is ReceiptKind.DONE
    assert seen(stage).state == Member(content='"new"', depth=3)
    assert write(stage, before.state).kind is ReceiptKind.DONE
    assert stage.dump() == dump


def test_what_somebody_else_put_beside_it_stays(stage):
    box(stage)
    before = seen(stage)
    write(stage, member.of("new", PATH))
    theirs = {"metadata": {"annotations": {"theirs": "1"}}}
    stage.cluster.patch("configmaps", "box", theirs, "shop")
    write(stage, before.state)
    found = stage.cluster.get("configmaps", "box", "shop")
    assert found["metadata"]["annotations"] == {"theirs": "1"}


def test_what_moved_since_it_was_seen_is_a_conflict(stage):
    box(stage, annotations={"x": "old"})
    before = seen(stage)
    stage.cluster.patch("configmaps", "box", {"metadata": {"annotations": {"x": "moved"}}}, "shop")
    change = Change(NAME, before, member.of("new", PATH))
    receipt = member.write(laws.call(), stage.clients, change, PATH)
    assert receipt.kind is ReceiptKind.CONFLICT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abcx"), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_added_and_taken_back_is_as_before_whatever_the_object_is(obj, value):
    path = ("a", "b", "x")
    root = {"metadata": {"resourceVersion": "1"}, "a": {"k": 1}} | (
        obj if isinstance(obj, dict) else {}
    )
    before = member.read(root, path).state
    assert before.depth <= len(path)
    assert (before.content != "") == (before.depth == len(path))
    assert member.of(value, path).value == value
