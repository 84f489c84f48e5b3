from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sopctl.sandbox.k8s.errors import ApiError
from sopctl.sandbox.k8s.objects import clone
from sopctl.sandbox.k8s.patch import json_patch, merge_patch

DOCUMENTS = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


def absent(path):
    return {"op": "test", "path": path, "value": None}


def test_a_test_for_null_holds_where_a_member_is_missing():
    assert json_patch({"spec": {}}, [absent("/spec/unschedulable")]) == {"spec": {}}


@pytest.mark.parametrize("path", ["/spec/here", "/missing/parent", "/list/5"])
def test_a_test_for_null_fails_where_there_is_a_value_or_no_parent(path):
    with pytest.raises(ApiError) as refused:
        json_patch({"spec": {"here": 1}, "list": [1]}, [absent(path)])
    assert refused.value.status == 422


@pytest.mark.parametrize("broken", [{}, [5], [{"op": "fly", "path": "/a"}], [{"op": "add"}]])
def test_a_malformed_patch_is_400(broken):
    with pytest.raises(ApiError) as refused:
        json_patch({}, broken)
    assert refused.value.status == 400


def test_too_many_operations_are_413():
    with pytest.raises(ApiError) as refused:
        json_patch({}, [absent("/a")] * 10_001)
    assert refused.value.status == 413


def test_a_failing_patch_leaves_the_target_alone():
    target = {"a": 1, "b": {"c": 2}}
    operations = [{"op": "remove", "path": "/b"}, {"op": "test", "path": "/a", "value": 9}]
    with pytest.raises(ApiError):
        json_patch(target, operations)
    assert target == {"a": 1, "b": {"c": 2}}


def test_the_example_of_rfc_7386():
    target = {"a": "b", "c": {"d": "e", "f": "g"}}
    assert merge_patch(target, {"a": "z", "c": {"f": None}}) == {"a": "z", "c": {"d": "e"}}


@given(DOCUMENTS, DOCUMENTS)
def test_a_merge_patch_without_nulls_is_idempotent(target, patch):
    once = merge_patch(clone(target), clone(patch))
    assert merge_patch(clone(once), clone(patch)) == once
