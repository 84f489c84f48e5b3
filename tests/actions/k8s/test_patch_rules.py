"""What a patch may say: what can be repeated and taken back."""

from __future__ import annotations

import pytest

from sopctl.actions.k8s.patch_rules import Operation, anchors, applied, refuse_unfit
from sopctl.core.errors import RefusedError


def op(name, path, value=None):
    return Operation(op=name, path=path, value=value)


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        (op("replace", "spec/replicas", 3), "no path"),
        (op("replace", "", 3), "no path"),
        (op("add", "/0/name", 3), "no path"),
        (op("replace", "/kind", "Pod"), "not to be patched"),
        (op("replace", "/status/phase", "x"), "not to be patched"),
        (op("replace", "/metadata/uid", "x"), "the server keeps this"),
        (op("add", "/metadata", {}), "the server keeps this"),
        (op("remove", "/spec/replicas", 3), "has no value"),
        (op("add", "/spec/replicas"), "there is no value"),
        (op("remove", "/spec/list/0"), "another one each time"),
        (op("add", "/spec/list/0", "x"), "inserted each time"),
        (op("replace", "/spec/list/-", "x"), "nothing to replace"),
    ],
)
def test_what_would_be_something_else_each_time_is_refused(operation, says):
    with pytest.raises(RefusedError, match=says) as refused:
        refuse_unfit([operation])
    assert refused.value.hint


def test_two_operations_may_not_stand_inside_of_each_other():
    with pytest.raises(RefusedError, match="/spec/a is inside of /spec"):
        refuse_unfit([op("add", "/spec", {}), op("add", "/spec/a", 1)])
    with pytest.raises(RefusedError, match="no operation"):
        refuse_unfit([])


def test_a_list_is_looked_at_as_a_whole_and_keys_are_unescaped():
    image = op("replace", "/spec/containers/0/image", "b")
    label = op("add", "/metadata/labels/a~1b~0c", "x")
    refuse_unfit([image, label])
    assert anchors([image, label]) == (("spec", "containers"), ("metadata", "labels", "a/b~c"))


def test_operations_apply_once_however_often_they_are_applied():
    ops = [
        op("replace", "/spec/containers/1/image", "b"),
        op("add", "/spec/containers/-", {"name": "c"}),
    ]
    anchor = ("spec", "containers")
    once = applied(ops, anchor, [{"name": "a"}, {"name": "b", "image": "a"}])
    assert once == [{"name": "a"}, {"name": "b", "image": "b"}, {"name": "c"}]
    assert applied(ops, anchor, once) == once
    assert applied([op("remove", "/spec/x")], ("spec", "x"), 3) is None


@pytest.mark.parametrize("value", [None, "text", [], [1]])
def test_a_path_through_nothing_is_refused(value):
    with pytest.raises(RefusedError, match="nothing to go through"):
        applied([op("replace", "/spec/l/0/image", "b")], ("spec", "l"), value)
