from __future__ import annotations

import pytest

from sopctl.sandbox.k8s.errors import ApiError
from sopctl.sandbox.k8s.objects import clone
from sopctl.sandbox.k8s.patch_strategic import strategic_patch
from sopctl.sandbox.k8s.schema import of_kind

POD = of_kind("", "v1", "Pod")
TARGET = {
    "metadata": {"finalizers": ["a", "b"], "labels": {"x": "1"}},
    "spec": {
        "containers": [{"name": "one", "image": "1"}, {"name": "two", "image": "2"}],
        "tolerations": [{"key": "a"}],
        "volumes": [{"name": "v", "emptyDir": {}}],
    },
}


def patched(patch):
    return strategic_patch(POD, clone(TARGET), patch)


def containers(patch):
    return [item["name"] for item in patched({"spec": patch})["spec"]["containers"]]


def test_new_items_are_appended_and_known_ones_merged():
    items = patched({"spec": {"containers": [{"name": "two", "tty": True}, {"name": "three"}]}})
    assert items["spec"]["containers"] == [
        {"name": "one", "image": "1"},
        {"name": "two", "image": "2", "tty": True},
        {"name": "three"},
    ]


def test_the_wanted_order_is_kept_and_unknown_items_follow_their_neighbour():
    order = [{"name": "three"}, {"name": "one"}]
    patch = {"containers": [{"name": "three"}], "$setElementOrder/containers": order}
    assert containers(patch) == ["three", "one", "two"]


def test_a_list_is_replaced_by_directive():
    assert containers({"containers": [{"$patch": "replace"}, {"name": "new"}]}) == ["new"]


def test_an_atomic_list_is_replaced_as_it_is():
    assert patched({"spec": {"tolerations": [{"key": "b"}]}})["spec"]["tolerations"] == [
        {"key": "b"}
    ]


def test_values_are_added_to_and_taken_from_primitive_lists():
    added = patched({"metadata": {"finalizers": ["c", "a"]}})
    assert added["metadata"]["finalizers"] == ["a", "b", "c"]
    taken = patched({"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}})
    assert taken["metadata"]["finalizers"] == ["b"]


def test_only_the_retained_keys_of_a_union_stay():
    volume = {"name": "v", "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/x"}}
    assert patched({"spec": {"volumes": [volume]}})["spec"]["volumes"] == [
        {"name": "v", "hostPath": {"path": "/x"}}
    ]


def test_null_removes_and_maps_are_merged_or_replaced():
    assert "labels" not in patched({"metadata": {"labels": None}})["metadata"]
    assert patched({"metadata": {"labels": {"y": "2"}}})["metadata"]["labels"] == {
        "x": "1",
        "y": "2",
    }
    replaced = patched({"metadata": {"labels": {"$patch": "replace", "y": "2"}}})
    assert replaced["metadata"]["labels"] == {"y": "2"}


@pytest.mark.parametrize(
    "patch", [{"spec": {"containers": [{"image": "x"}]}}, {"spec": {"$patch": "explode"}}]
)
def test_an_item_without_its_key_or_an_unknown_directive_is_500(patch):
    with pytest.raises(ApiError) as refused:
        patched(patch)
    assert refused.value.status == 500
